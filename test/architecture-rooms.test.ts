import { dirname } from 'node:path';
import { test } from 'node:test';
import { assertNone, folderOf, resolve, type Source, sourcesIn } from './support/sources.ts';

const src = sourcesIn('src');
const storage = src.filter(({ path }) => path.startsWith('src/storage/'));

/** What everybody may import. */
const SHARED = /^src\/(?:fault\.ts$|text\/)/;
/** A contract: the .ts files of its folder, without those of its implementations. */
const BYTES = /^src\/storage\/bytes\/[^/]+$/;
const CATALOG = /^src\/storage\/catalog\/[^/]+$/;
const S3_CALLS = /^src\/storage\/bytes\/s3\/calls\//;
const S3_LAYOUT = /^src\/storage\/bytes\/s3\/layout\//;
const SQLITE_FILE = /^src\/storage\/catalog\/sqlite\/file\//;
const SQLITE_TABLES = /^src\/storage\/catalog\/sqlite\/tables\//;
const POSTGRES_DATABASE = /^src\/storage\/catalog\/postgres\/database\//;
const POSTGRES_TABLES = /^src\/storage\/catalog\/postgres\/tables\//;
const UPLOADS = /^src\/storage\/uploads\/[^/]+$/;
const WRITING = /^src\/storage\/uploads\/writing\//;
const RECEIVING = /^src\/storage\/uploads\/receiving\//;
const REMOVING = /^src\/storage\/uploads\/removing\//;
const MAKING = /^src\/storage\/uploads\/making\//;
const MODEL = /^src\/storage\/model\//;
const DISK = /^src\/storage\/disk\//;
/** The type of what both kinds of storage open. */
const LOCAL = /^src\/storage\/local\/local-backend\.ts$/;

/** What other rooms may import of storage. */
const FACES = /^src\/storage\/(?:model\/)?[^/]+$/;

/** What each folder of storage may import of our own, beside itself, src/fault.ts and src/text. */
const ROOMS: Readonly<Record<string, readonly RegExp[]>> = {
  model: [],
  disk: [],
  bytes: [MODEL],
  'bytes/files': [MODEL, DISK, BYTES],
  'bytes/memory': [MODEL, DISK, BYTES],
  'bytes/s3': [
    MODEL,
    BYTES,
    S3_CALLS,
    S3_LAYOUT,
    /^src\/storage\/bytes\/s3\/(?:sdk|spool|writing)\//,
  ],
  'bytes/s3/calls': [BYTES],
  'bytes/s3/layout': [],
  'bytes/s3/sdk': [BYTES, S3_CALLS],
  'bytes/s3/spool': [MODEL],
  'bytes/s3/writing': [MODEL, BYTES, S3_CALLS, S3_LAYOUT, /^src\/storage\/bytes\/s3\/spool\//],
  catalog: [MODEL],
  'catalog/sqlite': [MODEL, DISK, CATALOG, SQLITE_FILE, SQLITE_TABLES],
  'catalog/sqlite/file': [DISK],
  'catalog/sqlite/tables': [MODEL, CATALOG, SQLITE_FILE],
  'catalog/postgres': [MODEL, CATALOG, POSTGRES_DATABASE, POSTGRES_TABLES],
  'catalog/postgres/database': [],
  'catalog/postgres/tables': [MODEL, CATALOG, POSTGRES_DATABASE],
  'catalog/memory': [MODEL, DISK, CATALOG],
  uploads: [MODEL, BYTES, CATALOG, /^src\/storage\/uploads\//],
  'uploads/writing': [MODEL, BYTES, CATALOG, UPLOADS],
  'uploads/receiving': [MODEL, BYTES, CATALOG, UPLOADS, WRITING],
  'uploads/removing': [MODEL, BYTES, CATALOG, UPLOADS, WRITING],
  'uploads/making': [MODEL, BYTES, CATALOG, UPLOADS, WRITING, RECEIVING, REMOVING],
  'uploads/upkeep': [MODEL, BYTES, CATALOG, UPLOADS, WRITING, RECEIVING, REMOVING, MAKING],
  local: [MODEL, DISK, /^src\/storage\/(?:bytes|catalog)\//],
  shared: [MODEL, DISK, LOCAL, /^src\/storage\/(?:bytes|catalog)\//],
};

/** Where implementations are chosen and put together. */
const CHOOSERS = 'src/storage/local/';

/** Where storage may touch files. */
const FILES = /^src\/storage\/(?:bytes\/(?:files|s3\/spool)|catalog\/sqlite|disk|local)\//;

/** "bytes/files" for a file of src/storage; "" for a face. */
function roomOf(path: string): string {
  return dirname(path).replace(/^src\/storage\/?/, '');
}

function ownImports(source: Source): string[] {
  return source.imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolve(source, specifier));
}

test('storage is entered through its faces and its model', () => {
  const problems = src
    .filter(({ path }) => folderOf(path) !== 'storage')
    .flatMap((source) =>
      ownImports(source)
        .filter((target) => target.startsWith('src/storage/') && !FACES.test(target))
        .map(
          (target) =>
            `${source.path} must not import ${target}: use src/storage/*.ts and src/storage/model/*.ts, or add what is missing there.`,
        ),
    );
  assertNone(problems);
});

test('every folder of storage has its rules', () => {
  const problems = storage
    .map(({ path }) => path)
    .filter((path) => roomOf(path) !== '' && !ROOMS[roomOf(path)])
    .map((path) => `${path} is in a folder that is not in the table of rooms here.`);
  assertNone(problems);
});

test('within storage the engine knows contracts, and implementations know no engine', () => {
  const problems = storage.flatMap((source) => {
    const room = roomOf(source.path);
    const allowed = ROOMS[room];
    if (!allowed) return [];
    return ownImports(source)
      .filter((target) => !SHARED.test(target) && roomOf(target) !== room)
      .filter((target) => !allowed.some((one) => one.test(target)))
      .map(
        (target) =>
          `${source.path} must not import ${target}: src/storage/${room} is below it or beside it.`,
      );
  });
  assertNone(problems);
});

test('implementations are chosen at one place', () => {
  const problems = storage
    .filter(({ path }) => roomOf(path) === '')
    .flatMap((source) =>
      ownImports(source)
        .filter((target) => /^src\/storage\/(?:bytes|catalog)\/[^/]+\//.test(target))
        .map(
          (target) =>
            `${source.path} must not import ${target}: take a Catalog or a Bytes, and let ${CHOOSERS} choose it.`,
        ),
    );
  assertNone(problems);
});

test('in storage only bytes/files, bytes/s3/spool, catalog/sqlite, disk and local touch files', () => {
  const problems = storage
    .filter(
      ({ path, imports }) => !FILES.test(path) && imports.some((one) => /^node:fs\b/.test(one)),
    )
    .map(({ path }) => `${path} must not import node:fs: ask the store of bytes.`);
  assertNone(problems);
});

test('SQL stands in catalog/sqlite and catalog/postgres only', () => {
  const problems = storage
    .filter(({ path }) => !/^src\/storage\/catalog\/(?:sqlite|postgres)\//.test(path))
    .filter(({ bare }) =>
      /\b(?:SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|PRAGMA )/s.test(
        bare,
      ),
    )
    .map(({ path }) => `${path} must not contain SQL: make it a unit of work of the catalog.`);
  assertNone(problems);
});

test('below src/protocol nobody answers a request', () => {
  const status = /\bstatus: *[\dA-Za-z_.]+ *[?,}\n]|\bheaders: *[{[]/;
  const name = /['"](?:retry-after|content-(?:length|type)|location|cache-control|connection)['"]/i;
  const faults = /new Fault\((?:[^()]|\([^()]*\))*\b(?:status|headers)\b *[:,}]/;
  const problems = src
    .filter(({ path }) => /^src\/(?:fault\.ts|storage\/|retention\/|hooks\/)/.test(path))
    .filter(
      ({ path, bare, imports }) =>
        faults.test(bare) ||
        (path.startsWith('src/storage/') &&
          (imports.some((one) => /^node:http/.test(one)) ||
            /\bAnswer\b/.test(bare) ||
            status.test(bare) ||
            name.test(bare))),
    )
    .map(
      ({ path }) =>
        `${path} must not choose an HTTP status, header or answer: throw a Fault of a code that says it, and let src/protocol and src/http answer.`,
    );
  assertNone(problems);
});

test('the listener knows no protocol by name', () => {
  const own = /['"/(|^`](?:tus-|upload-[a-z]+['"]|x-http-method-override)|\btus\b/i;
  const problems = src
    .filter(({ path }) => path.startsWith('src/http/'))
    .filter(({ bare }) => own.test(bare))
    .map(
      ({ path }) =>
        `${path} must not name what belongs to one protocol: let src/protocol/protocol.ts say it, and each protocol fill it in.`,
    );
  assertNone(problems);
});

test('src/http knows protocols by their face, and protocols do not know each other', () => {
  const problems = src.flatMap((source) =>
    ownImports(source)
      .filter((target) => /^src\/protocol\/[^/]+\//.test(target))
      .filter(
        (target) =>
          source.path.startsWith('src/http/') ||
          (source.path.startsWith('src/protocol/') && dirname(source.path) !== dirname(target)),
      )
      .map((target) => `${source.path} must not import ${target}: use src/protocol/*.ts.`),
  );
  assertNone(problems);
});

test('no file imports itself by way of others, types included', () => {
  const targets = new Map(src.map((source) => [source.path, ownImports(source)]));
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) {
      const circle = [...way.slice(start), path].join(' → ');
      problems.push(`${circle}: move what both need into a file of its own.`);
    }
    if (start !== -1 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  assertNone(problems);
});
