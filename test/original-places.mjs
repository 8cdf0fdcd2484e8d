// Tests run compiled, without source maps: to read the map of every file that a test imports takes longer
// than most tests. What failed is shown with the places of its sources.
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative } from 'node:path';

/**
 * Returns a stage for the events of node:test that replaces places in the folder of compiled files by those
 * in the sources in `root`.
 *
 * @param {string} folder
 * @param {string} root
 */
export function originalPlaces(folder, root) {
  /** @type {Map<string, SourceMap | undefined>} */
  const maps = new Map();
  const mapOf = (/** @type {string} */ file) => {
    if (!maps.has(file)) maps.set(file, readMap(join(folder, `${file}.map`)));
    return maps.get(file);
  };
  /** Line and column count from 1. */
  const original = (
    /** @type {string} */ file,
    /** @type {number} */ line,
    /** @type {number} */ column,
  ) => {
    const entry = mapOf(file)?.findEntry(line - 1, column - 1);
    if (!entry || !('originalLine' in entry)) return undefined;
    const source = join(root, file.replace(/\.js$/, '.ts'));
    return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  };
  const place = new RegExp(
    `(?:file://)?${escaped(`${folder}/`)}([^\\s():]+\\.js):(\\d+):(\\d+)`,
    'g',
  );
  const rewrite = (/** @type {string} */ text) =>
    text.replace(place, (all, file, line, column) => {
      const found = original(file, Number(line), Number(column));
      return found ? `${found.file}:${found.line}:${found.column}` : all;
    });

  /** @param {any} error */
  const rewriteStacks = (error) => {
    for (let one = error; one instanceof Error; one = /** @type {any} */ (one).cause) {
      if (typeof one.stack === 'string') one.stack = rewrite(one.stack);
    }
  };

  return async function* (/** @type {AsyncIterable<{ type: string, data: any }>} */ events) {
    for await (const event of events) {
      const { type, data } = event;
      if (type !== 'test:fail') {
        yield event;
        continue;
      }
      rewriteStacks(data.details?.error);
      const { file, line, column } = data;
      const known = typeof file === 'string' && file.startsWith(folder) && line !== undefined;
      const found = known ? original(relative(folder, file), line, column) : undefined;
      yield { type, data: { ...data, ...found } };
    }
  };
}

/** @param {string} path */
function readMap(path) {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
