import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { creation, locationOf, OFFSET_STREAM, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const TUS = { 'Tus-Resumable': '1.0.0' };
const META = `filename ${Buffer.from('holiday.mov').toString('base64')}`;

async function upload(url: string, size: number, headers: Record<string, string> = {}) {
  const all = { 'Upload-Metadata': META, 'Content-Type': OFFSET_STREAM, ...headers };
  const made = await send('POST', url, { headers: creation(size, all), body: Buffer.alloc(size) });
  return locationOf(url, made);
}

async function serve(context: TestContext, ...args: string[]) {
  const folder = temporaryFolder(context);
  return startDaemon(context, ['--upload-dir', folder, ...args], { cwd: folder });
}

/** The JSON lines of a kind, once there is one that fits. */
async function linesOf(output: () => string, fits: (line: Record<string, unknown>) => boolean) {
  const parsed = () =>
    output()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(fits);
  return until('the line of the log', () => (parsed().length > 0 ? parsed() : undefined));
}

test('a finished upload is one event, and a part is none', async (context) => {
  const daemon = await serve(context, '--log-format', 'json');
  const location = await upload(daemon.url, 2048);
  const part = await upload(daemon.url, 10, { 'Upload-Concat': 'partial' });
  const final = await fetch(daemon.url, {
    method: 'POST',
    headers: { ...TUS, 'Upload-Concat': `final;${new URL(part).pathname}` },
  });
  assert.equal(final.status, 201);
  const finalId = final.headers.get('location')?.split('/').at(-1);
  const isFinish = ({ type }: Record<string, unknown>) => type === 'finished';
  await linesOf(daemon.output, ({ type, id }) => type === 'finished' && id === finalId);
  const finished = await linesOf(daemon.output, isFinish);
  assert.deepEqual(
    finished.map(({ id }) => id),
    [location.split('/').at(-1), finalId],
  );
  const { time, durationMs, id, ...first } = finished[0] ?? {};
  assert.match(String(time), /^\d{4}-.*Z$/);
  assert.ok(Number.isInteger(durationMs));
  assert.equal(String(id).length, 32);
  assert.deepEqual(first, {
    type: 'finished',
    level: 'info',
    name: 'holiday.mov',
    size: 2048,
    client: '127.0.0.1',
    owner: null,
  });
});

test('in text an id is whole on a pipe, sizes are readable, and a 404 says its path', async (context) => {
  const daemon = await serve(context);
  const id = (await upload(daemon.url, 2048)).split('/').at(-1);
  await fetch(new URL('/no/such\u202epath?token=secret', daemon.url));
  await fetch(`${daemon.url}0123456789abcdef`, { method: 'HEAD', headers: TUS });
  await until('the lines', () => /0123456789abcdef/.test(daemon.output()) || undefined);
  const output = daemon.output();
  assert.match(output, new RegExp(`finished ${id} holiday.mov: 2 KiB from 127.0.0.1 in `));
  assert.match(output, / GET +404 .*: \/no\/such%E2%80%AEpath\n/);
  assert.match(output, / HEAD +404 .*: \/uploads\/files\/0123456789abcdef\n/);
  assert.doesNotMatch(output, /secret/);
});

test('a preflight that succeeds is logged at --log-level debug alone', async (context) => {
  for (const level of ['info', 'debug']) {
    const daemon = await serve(context, '--log-format', 'json', '--log-level', level);
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' };
    assert.ok((await fetch(daemon.url, { method: 'OPTIONS', headers })).ok);
    await upload(daemon.url, 1);
    await linesOf(daemon.output, ({ method }) => method === 'POST');
    assert.equal(daemon.output().includes('"OPTIONS"'), level === 'debug');
  }
});

test('--log-level warn leaves out what went well', async (context) => {
  const daemon = await serve(context, '--log-format', 'json', '--log-level', 'warn');
  await upload(daemon.url, 1);
  await daemon.stop();
  assert.deepEqual(daemon.output().split('\n').length, 2, daemon.output());
});

test('a download that its client aborts says how far it came', async (context) => {
  const daemon = await serve(context, '--log-format', 'json');
  const size = 64 * 1024 * 1024;
  const { pathname, hostname, port } = new URL(await upload(daemon.url, size));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'data');
  socket.resetAndDestroy();
  const [line] = await linesOf(daemon.output, ({ method }) => method === 'GET');
  assert.match(
    String(line?.note),
    new RegExp(`^aborted: the client went away after \\d+ of ${size} bytes$`),
  );
});

for (const [threshold, body] of [
  ['128KiB', 'direct'],
  ['never', 'stream'],
] as const) {
  test(`the log and inspect tell how a body was read, and by which request: ${body}`, async (context) => {
    const daemon = await serve(context, '--log-format', 'json', '--direct-bodies', threshold);
    const id = (await upload(daemon.url, 300_000)).split('/').at(-1) ?? '';
    await fetch(`${daemon.url}${id}`, { method: 'HEAD', headers: TUS });
    const ofUpload = (line: Record<string, unknown>) => line.type === 'request' && line.id === id;
    const lines = await until('both lines', async () => {
      const found = await linesOf(daemon.output, ofUpload);
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(
      lines.map(({ method, ...line }) => [method, line.body, line.code]),
      [
        ['POST', body, null],
        ['HEAD', null, null],
      ],
    );
    const [, folder = ''] = /"folder":"([^"]+)"/.exec(daemon.output()) ?? [];
    const { timeline } = await commandsOn(dirname(folder)).inspect(id);
    const received = timeline.find(({ event }) => event === 'received');
    assert.ok(received?.event === 'received');
    assert.equal(received.body, body);
    assert.equal(received.origin.requestId, lines[0]?.requestId);
  });
}
