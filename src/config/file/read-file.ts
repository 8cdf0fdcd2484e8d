import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { errnoOf, Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { findJsonFlaw, lineAndColumn } from './json-syntax.ts';

const LARGEST = 1024 * 1024;

/**
 * Reads a configuration file (.json, .yaml or .yml) into an object; its keys are not validated yet.
 * Throws a CONFIG fault that names the file, and the line and column of a syntax error, but never
 * quotes the text, which may contain a secret.
 *
 * Only cosmiconfig's YAML loader is used. Its explorer first looks for its own settings in the
 * working directory (and runs a `.config/config.js` found there), follows `$import`, and skips
 * files that it may not read.
 */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const extension = extname(path).toLowerCase();
  const shown = sanitize(path);
  if (extension !== '.json' && extension !== '.yaml' && extension !== '.yml') {
    throw new Fault('CONFIG', `the configuration file ${shown} must end in .json, .yaml or .yml.`);
  }
  const text = await readText(path, shown);
  const content =
    extension === '.json' ? parseJson(text, shown) : await parseYaml(text, path, shown);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Fault('CONFIG', `${shown} must hold an object of keys and values.`, {
      hint: 'The smallest configuration file is {}',
    });
  }
  refusePrototypes(content, shown);
  return content as Record<string, unknown>;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) {
      throw new Fault('CONFIG', `the configuration file ${shown} is not a regular file.`);
    }
    if (stats.size > LARGEST) {
      throw new Fault('CONFIG', `the configuration file ${shown} is larger than 1 MiB.`);
    }
    // ignoreBOM is false by default: a byte order mark, which some editors add, is removed.
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new Fault('CONFIG', `the configuration file ${shown} is not UTF-8 text.`);
    }
    if (error instanceof Fault || errno === undefined) throw error;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') {
      throw new Fault('CONFIG', `the configuration file ${shown} does not exist.`, {
        cause: error,
      });
    }
    throw new Fault('CONFIG', `the configuration file ${shown} cannot be read (${errno}).`, {
      hint: 'Give the user who runs tusd-ts read access to it.',
      cause: error,
    });
  }
}

function parseJson(text: string, shown: string): unknown {
  if (text.trim() === '') {
    throw new Fault('CONFIG', `${shown} is empty.`, {
      hint: 'The smallest configuration file is {}',
    });
  }
  const flaw = findJsonFlaw(text);
  if (flaw === null) return JSON.parse(text);
  const { line, column } = lineAndColumn(text, flaw.offset);
  throw new Fault(
    'CONFIG',
    `${shown} is not valid JSON: line ${line}, column ${column}: ${flaw.problem}.`,
  );
}

/** The errors of js-yaml: a reason, and a position counted from 0. */
interface YamlError {
  reason?: unknown;
  mark?: { line: number; column: number };
}

async function parseYaml(text: string, path: string, shown: string): Promise<unknown> {
  // Loaded on demand: most installations use JSON, or no file.
  const { defaultLoaders } = await import('cosmiconfig');
  try {
    // A file with only comments is a valid configuration: all defaults.
    return defaultLoaders['.yaml'](path, text) ?? {};
  } catch (error) {
    const { reason, mark } = error as YamlError;
    const place = mark ? `line ${mark.line + 1}, column ${mark.column + 1}: ` : '';
    // The message quotes lines of the file; the reason does not.
    const why = typeof reason === 'string' ? sanitize(reason) : 'it cannot be parsed';
    throw new Fault('CONFIG', `${shown} is not valid YAML: ${place}${why}.`);
  }
}

// Objects with arbitrary keys would drop `__proto__` silently. Iterative and with a set of visited
// objects: the content may be deeply nested, and YAML aliases can make it cyclic.
function refusePrototypes(content: object, shown: string): void {
  const seen = new Set<object>([content]);
  for (const object of seen) {
    if (Object.hasOwn(object, '__proto__')) {
      throw new Fault('CONFIG', `unknown key "__proto__" in ${shown}.`);
    }
    for (const value of Object.values(object)) {
      if (typeof value === 'object' && value !== null) seen.add(value);
    }
  }
}
