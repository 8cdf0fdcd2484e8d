// Bundles the simulator with the engine as it is, or with one line of it changed.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/**
 * What stands in for a source: the same, quicker for a few bytes.
 *
 * @type {Readonly<Record<string, string>>}
 */
const QUICKER = {
  'src/storage/model/crc32.ts': 'test/simulation/quicker/plain-crc32.ts',
  'src/storage/uploads/upkeep/differences.ts': 'test/simulation/quicker/few-differences.ts',
  'src/storage/bytes/s3/spool/piece.ts': 'test/simulation/quicker/small-piece.ts',
};

/**
 * @typedef {{ file: string, find: string, put: string }} Change  What is changed, in the text of a source.
 */

/**
 * Writes the simulator as one file. A change whose text is not there exactly once is an error.
 *
 * @param {string} root
 * @param {string} outfile
 * @param {Change} [change]
 */
export async function bundle(root, outfile, change) {
  await build({
    entryPoints: [join(root, 'test/simulation/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    inject: [join(root, 'test/simulation/quicker/plain-abort.ts')],
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [
      {
        name: 'change',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const file = relative(root, path);
            const quick = QUICKER[file];
            if (quick) return { contents: readFileSync(join(root, quick), 'utf8'), loader: 'ts' };
            if (file !== change?.file) return undefined;
            return { contents: changed(readFileSync(path, 'utf8'), change), loader: 'ts' };
          });
        },
      },
    ],
  });
}

/**
 * @param {string} text
 * @param {Change} change
 */
function changed(text, { file, find, put }) {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file} does not contain exactly once: ${find}`);
  }
  return before + put + after;
}
