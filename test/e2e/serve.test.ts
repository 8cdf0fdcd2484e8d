import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, ask, begin, create, head, patch } from '../../conformance/tus.ts';
import { programVersion } from '../../src/cli/process/version.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

const CONFIG = 'upload-daemon.config.json';

test('serve works without any configuration', async (t) => {
  const cwd = temporaryFolder(t);
  const daemon = await startDaemon(t, [], { cwd });
  assert.match(daemon.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/uploads\/files\/$/);
  const [ready, files, config, keep] = daemon.output().split('\n');
  assert.equal(ready, `tusd-ts ${programVersion()}  ready at ${daemon.url}`);
  assert.match(files ?? '', new RegExp(`^ {2}files {3}${cwd}/uploads/tus · .+ free$`));
  assert.equal(config, '  config  none');
  assert.match(
    keep ?? '',
    /^ {2}keep {4}unfinished 1 day after their last byte, finished for ever · next sweep \d\d:00$/,
  );
  const url = await begin(foreignTarget(daemon.url), { 'Upload-Length': '0' });
  assert.deepEqual(readdirSync(cwd), ['uploads']);
  assert.ok(existsSync(join(cwd, 'uploads', 'tus', url.slice(daemon.url.length))));
  assert.equal(await daemon.stop(), 0);
  const listed = await runCommand(['list', '--json'], { cwd });
  assert.equal(JSON.parse(listed.stdout).uploads.length, 1);
});

test('a flag wins over a variable, that over the file, and that over the default', async (t) => {
  const cwd = temporaryFolder(t);
  const file = { basePath: '/file/', maxSize: '1MiB', retentionDays: 2, uploadDir: 'by-file' };
  await writeFile(join(cwd, CONFIG), JSON.stringify(file));
  const env = { UPLOAD_DAEMON_BASE_PATH: '/env/', UPLOAD_DAEMON_MAX_SIZE: '2MiB' };
  const flags = ['--max-size', '3MiB'];
  const daemon = await startDaemon(t, flags, { cwd, env });
  assert.equal(new URL(daemon.url).pathname, '/env/');
  assert.match(daemon.output(), new RegExp(`config {2}${join(cwd, CONFIG)}\n`));
  assert.match(
    daemon.output(),
    /keep {4}unfinished 2 days after their last byte, finished for ever/,
  );
  const { headers } = await ask(foreignTarget(daemon.url), 'OPTIONS', daemon.url);
  assert.equal(headers.get('tus-max-size'), String(3 * 1024 * 1024));
  assert.ok(existsSync(join(cwd, 'by-file', 'catalog.db')));
  assert.equal(await daemon.stop(), 0);

  const { stdout } = await runCommand(['config', '--json', ...flags], { cwd, env });
  const source = (key: string) => new RegExp(`"${key}"[^}]*?"source": ?"(\\w+)"`).exec(stdout)?.[1];
  assert.deepEqual(['maxSize', 'basePath', 'retentionDays', 'host'].map(source), [
    'flag',
    'environment',
    'file',
    'default',
  ]);
});

test('with --log-format json every line is an object', async (t) => {
  const daemon = await startDaemon(t, ['--log-format', 'json'], { cwd: temporaryFolder(t) });
  const target = foreignTarget(daemon.url);
  const name = Buffer.from('a\nb\u202E').toString('base64');
  const url = await begin(target, { 'Upload-Length': '3', 'Upload-Metadata': `filename ${name}` });
  await append(target, url, 0, Buffer.from('abc'));
  assert.equal((await ask(target, 'GET', `${url}x`)).status, 404);
  assert.equal(await daemon.stop(), 0);
  const lines = daemon.output().trimEnd().split('\n');
  const [ready, ...rest] = lines.map((line) => JSON.parse(line));
  assert.deepEqual([ready.type, ready.url], ['ready', daemon.url]);
  const requests = rest.filter(({ type }) => type === 'request');
  assert.deepEqual(
    requests.map(({ method, status, bytes }) => [method, status, bytes]),
    [
      ['POST', 201, null],
      ['PATCH', 204, 3],
      ['GET', 404, null],
    ],
  );
  assert.deepEqual(
    rest.filter(({ type }) => type === 'event').map(({ message }) => message.split(':')[0]),
    ['stopping', 'stopped'],
  );
  assert.ok(rest.every(({ time }) => new Date(time).toISOString() === time));
  assert.doesNotMatch(daemon.output(), /\u202E/);
});

interface Where {
  readonly cwd: string;
  readonly env?: Record<string, string>;
}

/** A `serve` that ends by itself. */
async function serveInVain(args: readonly string[], where: Where) {
  const { code, stdout, stderr } = await runCommand(['serve', ...args], where);
  assert.equal(stdout, '');
  return { code, stderr };
}

test('what prevents serve from starting is a sentence and an exit code', {
  concurrency: 3,
}, async (t) => {
  const cwd = temporaryFolder(t);
  const running = await startDaemon(t, [], { cwd });
  const { port } = new URL(running.url);
  const serve = (args: string[], options: Partial<Where> = {}) =>
    serveInVain(args, { cwd: temporaryFolder(t), ...options });

  await Promise.all([
    t.test('a port in use', async () => {
      assert.deepEqual(await serve(['--port', port]), {
        code: 69,
        stderr: `tusd-ts: port ${port} on 127.0.0.1 is already in use.
  Stop the other server, or choose another port: tusd-ts serve --port ${Number(port) + 1}
`,
      });
    }),

    t.test('another daemon on the same directory, which goes on', async () => {
      assert.deepEqual(await serve(['--port', '0'], { cwd }), {
        code: 69,
        stderr: `tusd-ts: another daemon already serves this directory.
  Stop it first, or give this one a directory of its own: --upload-dir
`,
      });
      await begin(foreignTarget(running.url), { 'Upload-Length': '1' });
    }),

    t.test('an upload directory below a file', async () => {
      const folder = temporaryFolder(t);
      await writeFile(join(folder, 'file'), '');
      const { code, stderr } = await serve([
        '--port',
        '0',
        '--upload-dir',
        join(folder, 'file', 'in'),
      ]);
      assert.equal(code, 74);
      assert.match(stderr, /^tusd-ts: ENOTDIR while making the upload directory .*file\/in\.\n/);
    }),

    t.test('an upload directory that may not be made', async () => {
      // Nobody may make a folder there, not even root.
      const { code, stderr } = await serve(['--port', '0', '--upload-dir', '/sys/tusd-ts/uploads']);
      assert.equal(code, 77);
      assert.match(
        stderr,
        /^tusd-ts: not permitted \(E[A-Z]+\) while making the upload directory .*\n {2}Give /,
      );
    }),

    t.test('an unknown key', async () => {
      const folder = temporaryFolder(t);
      await writeFile(join(folder, CONFIG), '{"retentionDay": 3}');
      assert.deepEqual(await serve([], { cwd: folder }), {
        code: 78,
        stderr: `tusd-ts: unknown key "retentionDay" in ${join(folder, CONFIG)}. Did you mean "retentionDays"?\n`,
      });
    }),

    t.test('an unknown variable', async () => {
      assert.deepEqual(await serve([], { env: { UPLOAD_DAEMON_PROT: '1' } }), {
        code: 78,
        stderr: 'tusd-ts: unknown variable UPLOAD_DAEMON_PROT. Did you mean UPLOAD_DAEMON_PORT?\n',
      });
    }),

    t.test('an unknown flag', async () => {
      const { code, stderr } = await serve(['--prot', '1']);
      assert.equal(code, 64);
      assert.match(stderr, /^tusd-ts: unknown option "--prot"\. Did you mean "--port"\?\n/);
    }),
  ]);
  assert.equal(await running.stop(), 0);
});

test('a catalog that is newer than the program, or damaged, is left as it is', async (t) => {
  const cwd = temporaryFolder(t);
  const running = await startDaemon(t, [], { cwd });
  assert.equal(await running.stop(), 0);
  const catalog = join(cwd, 'uploads', 'catalog.db');
  const kept = await readFile(catalog);
  const newer = Buffer.from(kept);
  // Where SQLite keeps user_version: https://www.sqlite.org/fileformat2.html#user_version_number
  newer.writeUInt32BE(999, 60);
  await writeFile(catalog, newer);
  const tooNew = await serveInVain(['--port', '0'], { cwd });
  assert.equal(tooNew.code, 78);
  assert.match(
    tooNew.stderr,
    /was written by a newer tusd-ts \(schema 999, this one knows \d+\)\.\n {2}Run the newer/,
  );
  assert.deepEqual(await readFile(catalog), newer, 'it is left as it is');

  await writeFile(
    catalog,
    'this is no database, and it is long enough to be looked at'.repeat(100),
  );
  const damaged = await serveInVain(['--port', '0'], { cwd });
  assert.equal(damaged.code, 74);
  assert.match(
    damaged.stderr,
    /catalog\.db is damaged \(SQLITE_NOTADB\)\.\n {2}The uploaded files are not touched/,
  );
  const listed = await runCommand(['list', '--json'], { cwd });
  assert.deepEqual([listed.code, JSON.parse(listed.stderr).error.code], [74, 'CATALOG_CORRUPT']);

  await writeFile(catalog, kept);
  const again = await startDaemon(t, [], { cwd });
  assert.equal(await again.stop(), 0);
});

test('an upload directory that disappears and comes back loses no upload', async (t) => {
  const folder = temporaryFolder(t);
  const [there, away] = [join(folder, 'uploads'), join(folder, 'elsewhere')];
  const daemon = await startDaemon(t, ['--upload-dir', there]);
  const target = foreignTarget(daemon.url);
  const half = await begin(target, { 'Upload-Length': '10' });
  await append(target, half, 0, Buffer.from('01234'));
  const whole = await begin(target, { 'Upload-Length': '5' });
  await append(target, whole, 0, Buffer.from('whole'));

  await rename(there, away);
  const small = {
    body: Buffer.from('ab'),
    headers: { 'Content-Type': 'application/offset+octet-stream' },
  };
  const answers = [
    await head(target, half),
    await patch(target, half, 5, Buffer.from('56789')),
    await create(target, { 'Upload-Length': '10' }),
    await create(target, { 'Upload-Length': '2' }, small),
    await ask(target, 'GET', whole),
    await ask(target, 'DELETE', `${half}0`),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503, 503, 503, 404],
  );
  assert.ok(answers.slice(0, 5).every(({ headers }) => headers.has('retry-after')));
  assert.match(daemon.output(), /the upload directory .*uploads\/tus is not there/);

  await rename(away, there);
  assert.equal((await patch(target, half, 5, Buffer.from('56789'))).status, 204);
  assert.equal(String((await ask(target, 'GET', half)).body), '0123456789');
  assert.equal(String((await ask(target, 'GET', whole)).body), 'whole');
  assert.equal(await daemon.stop(), 0);
});
