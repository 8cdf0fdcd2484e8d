// Bundles the program into dist/bin: a start that reads 10 files takes a third of one that reads 340.
// What a command does not need is in files of its own, loaded later. The licences of the packages
// that are bundled go along.
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Started by their URLs, beside the file that starts them. */
const WORKERS = [
  'src/storage/catalog/sqlite/file/checkpoint-worker.js',
  'src/access/basic/password-worker.js',
  'src/transfer/send/digest-worker.js',
];
/** Packages with native code, and those that few starts load. */
const OUTSIDE = [
  'better-sqlite3',
  'pg',
  '@aws-sdk/client-s3',
  '@aws-sdk/s3-request-presigner',
  '@node-rs/crc32',
  '@tus/server',
  '@tus/file-store',
  'cosmiconfig',
  'tus-js-client',
];

/**
 * Bundles the program of the package at `root` into `out`, which is replaced.
 *
 * @param {string} root
 * @param {string} out
 */
export async function bundle(root, out) {
  rmSync(out, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['bin/tusd-ts.ts'],
    outdir: out,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    chunkNames: '[name]-[hash]',
    external: OUTSIDE,
    // Some packages are CommonJS, and ask for Node's modules by require.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    legalComments: 'none',
    plugins: [{ name: 'require-sqlite', setup: requireSqlite }],
    metafile: true,
    logLevel: 'warning',
  });
  for (const worker of WORKERS) copyFileSync(join(root, worker), join(out, basename(worker)));
  writeFileSync(join(out, 'LICENSES.txt'), licences(root, Object.keys(metafile.inputs)));
}

/**
 * better-sqlite3 is CommonJS; to import it takes Node twice as long as to require it.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function requireSqlite(build) {
  build.onResolve({ filter: /^better-sqlite3$/ }, ({ path, kind }) =>
    kind === 'require-call' ? { path, external: true } : { path, namespace: 'sqlite' },
  );
  build.onLoad({ filter: /./, namespace: 'sqlite' }, ({ path }) => ({
    contents: `module.exports = require(${JSON.stringify(path)});`,
  }));
}

/**
 * The licences of the packages that these files belong to.
 *
 * @param {string} root
 * @param {string[]} files
 */
function licences(root, files) {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
  );
  return [...folders]
    .sort()
    .map((folder) => licence(join(root, folder)))
    .join(`\n${'-'.repeat(72)}\n\n`);
}

/** @param {string} path */
function licence(path) {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const texts = readdirSync(path)
    .filter((file) => /^licen[cs]e/i.test(file))
    .map((file) => readFileSync(join(path, file), 'utf8').trim());
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  // What the compiler has put there is replaced, together with its map.
  await bundle(root, join(root, 'dist', 'bin'));
}
