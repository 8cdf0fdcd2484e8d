import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './support/script.ts';
import {
  assertNone,
  folderOf,
  packageOf,
  resolve,
  type Source,
  sourcesIn,
} from './support/sources.ts';

/** What each folder of src may import, of our own. src/fault.ts is everybody's. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  cli: [
    'daemon',
    'access',
    'admin',
    'http',
    'protocol',
    'hooks',
    'limits',
    'deliver',
    'retention',
    'moving',
    'storage',
    'transfer',
    // Leaves that only the rim may touch.
    'config',
    'terminal',
    'text',
  ],
  daemon: [
    'admin',
    'http',
    'access',
    'protocol',
    'hooks',
    'limits',
    'deliver',
    'retention',
    'storage',
    'config',
    'text',
  ],
  // Health, metrics and status, from what the daemon hands over.
  admin: ['http', 'retention', 'storage', 'text'],
  // What the package exports: the daemon's parts in an application of somebody else's.
  // Decides about requests, whatever protocol they speak and whatever listener they come by.
  access: ['hooks', 'limits', 'storage', 'text'],
  embedded: ['daemon', 'tus-server', 'hooks', 'retention', 'storage', 'config', 'text'],
  // A listener serves any protocol, through src/protocol/*.ts; no protocol knows the listener.
  http: ['protocol', 'hooks', 'retention', 'storage', 'text'],
  protocol: ['tus-server', 'hooks', 'retention', 'storage', 'text'],
  'tus-server': ['hooks', 'retention', 'storage', 'text'],
  hooks: ['storage', 'text'],
  limits: ['storage', 'text'],
  deliver: ['storage', 'text'],
  retention: ['storage', 'text'],
  // Directories in and out: backups, imports, exports. Below the commands, beside the daemon.
  moving: ['storage', 'text'],
  storage: ['text'],
  // The other side of the network: what clients do. Of storage only the CRC-32 and the pace.
  transfer: ['storage', 'text'],
  config: ['text'],
  terminal: ['text'],
  // Text in, text out: no files, no clock, no stream.
  text: [],
};

/**
 * Types that a room may take from beyond its doors. What a hook has is declared once, by the schema of
 * the configuration file: a key of a hook is then added there, and hooks use it. At run time hooks know
 * nothing of the configuration and get what they need from the daemon.
 */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  hooks: ['src/config/hooks/hook-schema.ts'],
  access: ['src/config/auth/auth-schema.ts', 'src/config/auth/rules-schema.ts'],
  deliver: ['src/config/deliver/deliver-rule.ts', 'src/config/deliver/path-template.ts'],
};

/** Which way round it goes where somebody is likely to try. */
const INSTEAD: Readonly<Record<string, string>> = {
  config: 'declare the options that it needs and let the daemon or the command fill them in',
  terminal: 'return data and let src/cli print it',
  daemon: 'let the daemon hand over what is needed',
  admin: 'let the daemon hand over what is needed',
  cli: 'return data or take a callback, and let src/cli do the rest',
  http: 'let the daemon hand over what is needed',
  protocol: 'let the daemon hand over what is needed',
  hooks: 'hang on the events and guards of the storage module',
  limits: 'let the daemon hand over what is needed',
  deliver: 'let the daemon hand over what is needed',
  retention: 'take a function from the code that builds it',
  embedded: 'use what it is built of',
  'tus-server': 'let the protocol hand over what is needed',
};

/** The folder through which each package comes in; two for one that writes and one that reads. */
const PACKAGES: Readonly<Record<string, string | readonly string[]>> = {
  commander: 'src/cli',
  chalk: 'src/terminal',
  pino: 'src/cli',
  'prom-client': 'src/admin',
  cosmiconfig: 'src/config',
  zod: 'src/config',
  'fastest-levenshtein': 'src/config',
  croner: 'src/retention',
  'better-sqlite3': 'src/storage/catalog/sqlite',
  pg: 'src/storage/catalog/postgres',
  '@tus/server': 'src/tus-server',
  '@tus/file-store': 'src/moving',
  '@node-rs/crc32': 'src/storage/model',
  '@aws-sdk/client-s3': 'src/storage/bytes/s3',
  '@aws-sdk/s3-request-presigner': 'src/storage/bytes/s3',
  'content-disposition': ['src/http', 'src/transfer/get'],
  standardwebhooks: 'src/hooks',
  jose: 'src/access',
  'hash-wasm': 'src/access',
  'http-proxy-agent': 'src/transfer/http',
  'https-proxy-agent': 'src/transfer/http',
  'tus-js-client': 'src/transfer/send',
};

/**
 * The face of a room may pass on what its own signatures name: others may import nothing else of the
 * room, and could not write down what they hand in or get back.
 */
const FACES: readonly string[] = ['src/storage/store.ts'];

/** Programs of their own (npm run …) that stand beside what they are about. */
const SCRIPTS: readonly string[] = ['src/config/generate-docs.ts'];

const LONGEST = 300;

const src = sourcesIn('src');
const everything = [...src, ...sourcesIn('bin', 'test', 'bench', 'conformance')];

test('every folder of src is in the table of doors', () => {
  const folders = new Set(src.map(({ path }) => folderOf(path)).filter((name) => name));
  assert.deepEqual([...folders].toSorted(), Object.keys(DOORS).toSorted());
  assert.deepEqual(
    src.filter(({ path }) => !folderOf(path)).map(({ path }) => path),
    ['src/fault.ts'],
  );
});

test('imports go downwards only', () => {
  const problems = src.flatMap((source) => {
    const from = folderOf(source.path);
    return source.imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolve(source, specifier))
      .filter((target) => target !== 'src/fault.ts')
      .filter((target) => !isTypeFor(source, target))
      .flatMap((target) => {
        const to = folderOf(target);
        if (to !== undefined && (to === from || DOORS[from ?? '']?.includes(to))) return [];
        const allowed = DOORS[from ?? '']?.join(', ') || 'nothing but src/fault.ts';
        const hint = INSTEAD[to ?? ''] ?? 'move what is shared downwards';
        return `${source.path} must not import ${target}: src/${from} may use ${allowed}; ${hint}.`;
      });
  });
  assertNone(problems);
});

function isTypeFor(source: Source, target: string): boolean {
  const types = source.typeImports.map((specifier) => resolve(source, specifier));
  return types.includes(target) && (TYPES[folderOf(source.path) ?? '']?.includes(target) ?? false);
}

test('bin only starts what is in src/cli', () => {
  const problems = sourcesIn('bin').flatMap((source) =>
    source.imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolve(source, specifier))
      .filter((target) => folderOf(target) !== 'cli')
      .map((target) => `${source.path} must not import ${target}: its door is src/cli.`),
  );
  assertNone(problems);
});

test('text is a leaf without I/O', () => {
  const problems = src
    .filter(({ path, imports }) => {
      return path.startsWith('src/text/') && imports.some((one) => !one.startsWith('./'));
    })
    .map(
      ({ path }) => `${path} must import nothing but src/text: take what it needs as an argument.`,
    );
  assertNone(problems);
});

test('a package comes in through one folder', () => {
  const problems = src.flatMap((source) =>
    source.imports.flatMap((specifier) => {
      const name = packageOf(specifier);
      if (name === undefined) return [];
      const folders = [PACKAGES[name] ?? []].flat();
      if (folders.length === 0) {
        return `${source.path} imports ${name}, which has no folder yet: choose one in the table of packages here.`;
      }
      if (folders.some((folder) => source.path.startsWith(`${folder}/`))) return [];
      return `${source.path} must not import ${name}: it comes in through ${folders.join(' and ')}; use what is exported there.`;
    }),
  );
  assertNone(problems);
});

test('every dependency is used, and everything that is used is a dependency', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const used = new Set(
    [...src, ...sourcesIn('bin')].flatMap(({ imports }) => imports.map(packageOf)),
  );
  used.delete(undefined);
  assert.deepEqual([...used].toSorted(), Object.keys(dependencies).toSorted());
  assert.deepEqual(Object.keys(PACKAGES).toSorted(), Object.keys(dependencies).toSorted());
});

test('relative imports name files that are there, with their ending', () => {
  const known = new Set(everything.map(({ path }) => path));
  const problems = everything.flatMap((source) =>
    source.imports
      .filter((specifier) => /^\.\.?\/.*\.[jt]s$/.test(specifier))
      .map((specifier) => resolve(source, specifier))
      .filter((target) => !known.has(target) && !target.startsWith('dist/'))
      .map((target) => `${source.path} imports ${target}, which is not there.`),
  );
  assertNone(problems);
});

test('only bin, src/cli, src/daemon and the entry for applications touch the process', () => {
  const problems = src
    .filter(
      ({ path }) =>
        !/^src\/(?:cli\/|daemon\/|embedded\/tus-server\.ts$)/.test(path) && !SCRIPTS.includes(path),
    )
    .filter(
      ({ code, imports }) =>
        /(?<![.\w])process\s*[.[]/.test(code) || imports.includes('node:process'),
    )
    .map(
      ({ path }) =>
        `${path} must not use process: take the clock, the environment or the stream as an option, and let src/cli or src/daemon pass it in.`,
    );
  assertNone(problems);
});

test('only src/cli prints', () => {
  const problems = src
    .filter(({ path }) => !path.startsWith('src/cli/') && !SCRIPTS.includes(path))
    .filter(({ code }) => /(?<![.\w])console\s*\./.test(code))
    .map(
      ({ path }) => `${path} must not print: return data, or take a log, and let src/cli print.`,
    );
  assertNone(problems);
});

test('exports have names', () => {
  const problems = everything
    .filter(({ code }) => /^\s*export\s+default\b|\bas\s+default\b/m.test(code))
    .map(({ path }) => `${path} must not have a default export: export it by its name.`);
  assertNone(problems);
});

test('no file only passes on what others export', () => {
  const problems = src
    .filter(({ path }) => !FACES.includes(path))
    .filter(({ code }) => /^\s*export\s+(?:\*|\{[^}]*\})\s+from\b/m.test(code))
    .map(({ path }) => `${path} must not re-export: import from the file where it is made.`);
  assertNone(problems);
});

test('no file is longer than can be read at once', () => {
  const problems = everything
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines >= LONGEST)
    .map(
      ({ path, lines }) =>
        `${path} has ${lines} lines, ${LONGEST} are too many: give one of its concepts a file of its own.`,
    );
  assertNone(problems);
});

test('files are named in kebab-case, for one concept each', () => {
  const problems = everything
    .filter(({ path }) => {
      const name = path.split('/').at(-1)!;
      return (
        !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*$/.test(name) ||
        /^(?:utils?|helpers?|common|misc|index)\./.test(name)
      );
    })
    .map(({ path }) => `${path} must be named for its concept, in kebab-case.`);
  assertNone(problems);
});
