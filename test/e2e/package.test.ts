import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../support/command.ts';
import { makeFile, sha256OfFile } from '../support/files.ts';
import { ROOT } from '../support/script.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { uploadAll } from '../support/tus-client.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** npm as from a shell: what the npm that runs the tests has put into the environment is not for it. */
function npm(cwd: string, ...args: string[]) {
  const env = Object.fromEntries(
    Object.entries(cleanEnvironment()).filter(([name]) => !/^(npm_|INIT_CWD$)/i.test(name)),
  );
  // test/run.mjs keeps them from all other programs.
  const { TUSD_TS_NPM_CA_CERTS: certificates } = process.env;
  if (certificates) env.NODE_EXTRA_CA_CERTS = certificates;
  return run('npm', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
}

interface Packed {
  readonly tarball: string;
  /** The paths in it. */
  readonly files: readonly string[];
}

/** The tarball that TUSD_TS_TARBALL names, which was packed from a checkout, or a new one. */
async function packed(test: Parameters<typeof temporaryFolder>[0]): Promise<Packed> {
  const { TUSD_TS_TARBALL: tarball } = process.env;
  if (!tarball) return pack(test);
  const { stdout } = await run('tar', ['-tzf', tarball]);
  const files = stdout.split('\n').map((path) => path.replace(/^package\//, ''));
  return { tarball, files: files.filter((path) => path !== '') };
}

/** Packs a copy of the checkout, so that the build in the checkout stays as it is. */
async function pack(test: Parameters<typeof temporaryFolder>[0]): Promise<Packed> {
  const copy = temporaryFolder(test);
  const built = ['node_modules', 'dist', 'build', 'uploads', 'coverage'];
  const left = new Set([...built, '.git', 'test', 'bench', 'conformance']);
  for (const name of readdirSync(ROOT)) {
    if (!left.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  // Of the workshop the pages alone are published.
  for (const name of ['bench', 'conformance']) {
    cpSync(join(ROOT, name, 'README.md'), join(copy, name, 'README.md'));
  }
  // What must stay out of the tarball is there to be left out.
  mkdirSync(join(copy, 'test'));
  await writeFile(join(copy, 'test', 'some.test.ts'), 'export {};\n');
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const { stdout } = await npm(copy, 'pack', '--json', '--silent');
  // Before it stands what the build prints.
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.search(/^\[/m)));
  return {
    tarball: join(copy, filename),
    files: files.map(({ path }: { path: string }) => path),
  };
}

function versionIn(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/** An upload through a stock @tus/server, as JavaScript. */
const APPLICATION = `
import { Server } from '@tus/server';
import { openTusStore } from 'tusd-ts/tus-server';

const { datastore, locker, close } = await openTusStore({ directory: process.env.UPLOAD_DIR });
const server = new Server({ path: '/files', datastore, locker, relativeLocation: true });
const response = await server.handleWeb(
  new Request('http://localhost/files', {
    method: 'POST',
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': '5',
      'Content-Type': 'application/offset+octet-stream',
    },
    body: 'hello',
  }),
);
const id = response.headers.get('location').split('/').at(-1);
console.log(JSON.stringify(await datastore.getUpload(id)));
await close();
`;

/** The same, as TypeScript sees it. */
const TYPED = `
import { type DataStore, type Locker, Server } from '@tus/server';
import { openTusStore, type TusStoreOptions } from 'tusd-ts/tus-server';

const options: TusStoreOptions = {
  directory: 'uploads',
  retentionDays: 'never',
  hooks: [{ type: 'http', name: 'app', events: ['post-finish'], url: 'http://localhost/' }],
};
const { datastore, locker, finishedFile, close } = await openTusStore(options);
const store: DataStore = datastore;
export const server = new Server({ path: '/files', datastore: store, locker });
export const file: string | undefined = await finishedFile('id');
await close();
// @ts-expect-error the locker is a function of the request
const wrong: Locker = locker;
// @ts-expect-error no such option
await openTusStore({ directory: 'uploads', port: 1080 });
`;

test('the packed program works in an empty folder', async (t) => {
  const { tarball, files } = await packed(t);

  await t.test('the tarball has what a user needs and nothing of the workshop', () => {
    for (const wanted of [
      ...['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json', 'dist/bin/tusd-ts.js'],
      ...['docs/README.md', 'docs/operating.md', 'bench/README.md', 'SECURITY.md'],
      ...['upload-daemon.config.example.json', 'upload-daemon.config.schema.json'],
      ...['deploy/tusd-ts.service', 'deploy/upload-daemon.config.json', 'deploy/nginx.conf'],
      ...['dist/src/embedded/tus-server.js', 'dist/src/embedded/tus-server.d.ts'],
      'examples/express.js',
      'dist/bin/checkpoint-worker.js',
      'dist/bin/digest-worker.js',
      'dist/bin/LICENSES.txt',
    ]) {
      assert.ok(files.includes(wanted), `${wanted} is missing`);
    }
    const strange = files.filter((path) =>
      /^(test|bench|conformance|uploads)\/.*(?<!\/README\.md)$|node_modules\/|\.test\./.test(path),
    );
    assert.deepEqual(strange, []);
  });

  const folder = temporaryFolder(t);
  // What needs no compiler: the binding comes from the checkout, so its version must be that one.
  const require = createRequire(import.meta.url);
  const sqlite = dirname(require.resolve('better-sqlite3/package.json'));
  const overrides = { 'better-sqlite3': versionIn(sqlite) };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }));
  await npm(
    folder,
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    tarball,
  );
  if (existsSync(join(sqlite, 'build'))) {
    const installed = join(folder, 'node_modules', 'better-sqlite3', 'build');
    cpSync(join(sqlite, 'build', 'Release'), join(installed, 'Release'), { recursive: true });
  }
  const installed = join(folder, 'node_modules', 'tusd-ts');

  await t.test('every source map points into the package', () => {
    const maps = files.filter((path) => path.endsWith('.map'));
    for (const map of maps) {
      const path = join(installed, map);
      const { sources, sourceRoot = '' } = JSON.parse(readFileSync(path, 'utf8'));
      for (const source of sources) {
        const target = join(dirname(path), sourceRoot, source);
        assert.ok(target.startsWith(`${installed}/`) && existsSync(target), `${map}: ${source}`);
      }
    }
  });

  await t.test('serve, an upload, list and stopping work with compiled files alone', async () => {
    const env = cleanEnvironment();
    const program = join(folder, 'node_modules', '.bin', 'tusd-ts');
    const told = await run(program, ['--version'], { cwd: folder, env });
    assert.equal(told.stdout, `${versionIn(installed)}\n`);
    const child = spawn(program, ['serve', '--port', '0'], { cwd: folder, env });
    t.after(() => child.kill('SIGKILL'));
    let printed = '';
    child.stdout.on('data', (text) => (printed += text));
    child.stderr.on('data', (text) => (printed += text));
    const endpoint = await until('the ready line', () => {
      assert.equal(child.exitCode, null, printed);
      return /ready at (http:\S+)/.exec(printed)?.[1];
    });
    const file = await makeFile(folder, 'file.bin', 1_000_000);
    await uploadAll(file, { endpoint, metadata: { filename: 'file.bin' } });

    const npx = await npm(folder, 'exec', '--offline', '--', 'tusd-ts', 'list', '--json');
    const [upload] = JSON.parse(npx.stdout).uploads;
    assert.deepEqual([upload.name, upload.status], ['file.bin', 'finished']);
    assert.equal(await sha256OfFile(join(folder, 'uploads', 'tus', upload.id)), file.sha256);
    child.kill('SIGTERM');
    await until('it ends', () => child.exitCode !== null);
    assert.equal(child.exitCode, 0);
  });

  await t.test('an application imports tusd-ts/tus-server, with its types', async () => {
    const application = join(folder, 'application.mjs');
    await writeFile(application, APPLICATION);
    const directory = join(folder, 'own-uploads');
    const env = { ...cleanEnvironment(), UPLOAD_DIR: directory };
    const { stdout } = await run(process.execPath, [application], { cwd: folder, env });
    const { id, offset, size } = JSON.parse(stdout);
    assert.deepEqual([offset, size], [5, 5]);
    assert.equal(readFileSync(join(directory, 'tus', id), 'utf8'), 'hello');

    await writeFile(join(folder, 'typed.mts'), TYPED);
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
    const checked = await run(
      process.execPath,
      [compiler, ...options, '--skipLibCheck', ...types, 'typed.mts'],
      { cwd: folder },
    ).catch((error) => error);
    assert.equal(checked.stdout, '');
  });

  await t.test('the example configuration and the schema are of one kind', async () => {
    const example = join(installed, 'upload-daemon.config.example.json');
    const { $schema } = JSON.parse(readFileSync(example, 'utf8'));
    assert.ok(existsSync(join(installed, $schema)));
    const args = ['config', '--json', '--config', example];
    const program = join(folder, 'node_modules', '.bin', 'tusd-ts');
    const { stdout } = await run(program, args, { cwd: folder, env: cleanEnvironment() });
    assert.ok(JSON.parse(stdout));
  });
});
