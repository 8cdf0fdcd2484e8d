import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import {
  append,
  bearer,
  create,
  created,
  type Headers,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const AUTH = { tokens: ['alice', 'bob'].map(tokenSetting) };
const as = (name: string) => bearer(tokenOf(name));

/** An answer without what names the upload or the moment. */
async function factsOf(answer: Response, id: string) {
  const headers = [...answer.headers].filter(([name]) => name !== 'date');
  const body = (await answer.text()).replaceAll(id, 'ID');
  return { status: answer.status, headers, body };
}

test("another's upload answers as one that was never there, whatever is asked and in whatever state it is", async (t) => {
  const { url } = await startGuarded(t, AUTH, { corsOrigins: ['https://app.example.org'] });
  const unfinished = await created(url, as('alice'), 'he', 5);
  const finished = await created(url, as('alice'));
  const removed = await created(url, as('alice'));
  const gone = await fetch(removed, { method: 'DELETE', headers: { ...TUS, ...as('alice') } });
  assert.equal(gone.status, 204);
  assert.equal((await fetch(removed, { headers: as('alice') })).status, 410);
  const part = await created(url, { ...as('alice'), 'Upload-Concat': 'partial' });
  const unknown = new URL('0'.repeat(32), url).href;
  const octets = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '2' };
  const questions: [string, Headers, string?][] = [
    ['HEAD', TUS],
    ['HEAD', {}],
    ['GET', {}],
    ['GET', { Range: 'bytes=0-1' }],
    ['DELETE', TUS],
    ['DELETE', { ...TUS, 'If-Match': '"x"' }],
    ['PATCH', { ...TUS, ...octets }, 'llo'],
    ['PATCH', { ...TUS, ...octets, 'Upload-Length': '7' }, 'llo'],
    ['PATCH', { ...TUS, ...octets }, 'x'.repeat(300_000)],
    ['PATCH', TUS, 'llo'],
    ['PATCH', { ...octets }, 'llo'],
    ['POST', { ...TUS, 'X-HTTP-Method-Override': 'DELETE' }],
    ['POST', TUS],
  ];
  for (const [method, more, body] of questions) {
    const ask = async (where: string) => {
      const headers = { ...as('bob'), Origin: 'https://app.example.org', ...more };
      const answer = await fetch(where, { method, headers, ...(body ? { body } : {}) });
      return factsOf(answer, where.slice(url.length));
    };
    const expected = await ask(unknown);
    for (const where of [unfinished, finished, removed, part]) {
      assert.deepEqual(await ask(where), expected, `${method} ${JSON.stringify(more)}`);
    }
  }
  assert.equal((await append(unfinished, as('alice'), 2, 'llo')).status, 204);
});

test('a refusal does not interrupt the owner who is sending', async (t) => {
  const { url } = await startGuarded(t, AUTH);
  const upload = await created(url, as('alice'), 'he', 5);
  let send: (chunk: string | null) => void = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = (chunk) =>
        chunk === null ? controller.close() : controller.enqueue(new TextEncoder().encode(chunk));
    },
  });
  const running = fetch(upload, {
    ...({ duplex: 'half' } as object),
    method: 'PATCH',
    headers: {
      ...TUS,
      ...as('alice'),
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': '2',
    },
    body,
  });
  send('l');
  assert.equal((await append(upload, as('bob'), 2, 'xxx')).status, 404);
  const deleted = await fetch(upload, { method: 'DELETE', headers: { ...TUS, ...as('bob') } });
  assert.equal(deleted.status, 404);
  send('lo');
  send(null);
  assert.equal((await running).status, 204);
  assert.equal(await (await fetch(upload, { headers: as('alice') })).text(), 'hello');
});

test('the parts of a final upload must be its creator’s, and a foreign one is not told from none', async (t) => {
  const { url } = await startGuarded(t, AUTH);
  const own = await created(url, { ...as('bob'), 'Upload-Concat': 'partial' }, 'ab');
  const foreign = await created(url, { ...as('alice'), 'Upload-Concat': 'partial' }, 'cd');
  const join = (...parts: string[]) =>
    fetch(url, {
      method: 'POST',
      headers: { ...TUS, ...as('bob'), 'Upload-Concat': `final;${parts.join(' ')}` },
    });
  const refused = await join(own, foreign);
  const unknown = await join(own, new URL('0'.repeat(32), url).href);
  assert.deepEqual(await factsOf(refused, ''), await factsOf(unknown, ''));
  assert.equal(refused.status, 400);
  assert.equal((await join(own)).status, 201);
});

test('an upload without an owner belongs to everyone who has the grant, and knows its id', async (t) => {
  const anonymous = { grants: ['create', 'read'] };
  const { url } = await startGuarded(t, { ...AUTH, anonymous });
  const upload = await created(url, {}, 'he', 5);
  assert.equal((await append(upload, {}, 2, 'llo')).status, 401);
  assert.equal((await append(upload, as('bob'), 2, 'llo')).status, 204);
  assert.equal(await (await fetch(upload)).text(), 'hello');
  const alices = await created(url, as('alice'));
  assert.equal((await fetch(alices)).status, 404);
});

test('owners are in list, inspect, the timeline and the log', async (t) => {
  const daemon = await startGuarded(t, AUTH);
  const upload = await created(daemon.url, as('alice'), 'he', 5);
  await append(upload, as('alice'), 2, 'llo');
  await create(daemon.url, as('bob'));
  const run = (...args: string[]) =>
    runCommand([...args, '--config', daemon.config], { cwd: daemon.folder });
  const list = await run('list', '--owner', 'alice', '--json');
  const { uploads, totals } = JSON.parse(list.stdout);
  assert.deepEqual(
    uploads.map(({ owner }: { owner: string }) => owner),
    ['alice'],
  );
  assert.equal(totals.uploads, 1);
  const table = await run('list');
  assert.match(table.stdout, /OWNER/);
  assert.match(table.stdout, / alice /);
  assert.match((await run('list', '--owner', 'carol')).stdout, /No uploads of carol/);
  const inspected = await run('inspect', upload.slice(daemon.url.length));
  assert.match(inspected.stdout, /owner +alice/);
  assert.match(inspected.stdout, /created by alice \(127\.0\.0\.1\)/);
  await daemon.stop();
  assert.match(daemon.output(), /201.*by alice/);
  assert.match(daemon.output(), /finished .*\(alice\)/);
});

test('after auth is taken away everything is open again', async (t) => {
  const guarded = await startGuarded(t, AUTH);
  const upload = await created(guarded.url, as('alice'));
  await guarded.stop();
  const { startDaemon } = await import('../support/command.ts');
  const open = await startDaemon(t, ['--upload-dir', `${guarded.folder}/uploads`]);
  const id = upload.slice(guarded.url.length);
  assert.equal((await fetch(open.url + id)).status, 200);
});
