import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, saying } from '../support/listen.ts';
import { headOf, Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';

const says = saying(({ method, id }) => `${method} ${id}\n`);

async function serving(
  t: Parameters<typeof listen>[0],
  options: Parameters<typeof listen>[2] = {},
) {
  const listening = await listen(t, says, { download: says, ...options });
  const ask = async (line: string, headers: Parameters<typeof headOf>[1] = {}) => {
    const { text, statuses } = await new Raw(listening.url).send(headOf(line, headers)).answer();
    return { status: statuses[0], text, body: text.split('\r\n\r\n')[1] ?? '' };
  };
  return { ...listening, ask };
}

test('a target in its absolute form is the same target', async (t) => {
  const { ask } = await serving(t);
  for (const origin of [
    ...['http://files.example.org', 'https://files.example.org', 'HTTP://FILES.example.org'],
    ...['http://files.example.org:8080', 'http://127.0.0.1', 'http://[::1]:80'],
  ]) {
    const { status, body } = await ask(`GET ${origin}/uploads/files/x HTTP/1.1`);
    assert.deepEqual([status, body], [200, 'GET x\n'], origin);
    assert.equal((await ask(`GET ${origin}/uploads/files/x?a=b HTTP/1.1`)).body, 'GET x\n');
    assert.equal((await ask(`POST ${origin}/uploads/files/ HTTP/1.1`)).status, 200);
    assert.equal((await ask(`GET ${origin}/elsewhere HTTP/1.1`)).status, 404);
    assert.equal((await ask(`POST ${origin} HTTP/1.1`)).status, 404, 'no path');
    assert.equal((await ask(`POST ${origin}?x HTTP/1.1`)).status, 404, 'a query alone');
    assert.equal((await ask(`OPTIONS ${origin} HTTP/1.1`)).body, 'OPTIONS null\n');
  }
});

test('OPTIONS of the asterisk is OPTIONS of the base path', async (t) => {
  const { ask } = await serving(t);
  const { status, body } = await ask('OPTIONS * HTTP/1.1');
  assert.deepEqual([status, body], [200, 'OPTIONS null\n']);
  assert.equal((await ask('GET * HTTP/1.1')).status, 400);
});

test('a request target that servers do not answer is refused', async (t) => {
  const { ask } = await serving(t);
  for (const target of ['http://', 'http:///uploads/files/x', 'http://user@host/uploads/files/x']) {
    assert.equal((await ask(`GET ${target} HTTP/1.1`)).status, 400, target);
  }
});

test('a Host is there, once, and a host', async (t) => {
  const { ask } = await serving(t);
  const get = 'GET /uploads/files/x';
  const good = ['localhost', 'a_b.example', 'x:80', 'x:', '127.0.0.1:1080', '[::1]', '[::1]:80'];
  for (const Host of good) {
    assert.equal((await ask(`${get} HTTP/1.1`, { Host })).status, 200, Host);
  }
  const bad = [
    '',
    'a b',
    'a/b',
    'user@host',
    'x:port',
    'x:99999',
    '[::1',
    '[x]',
    'a,b',
    'a, a',
    '\xe9',
  ];
  for (const Host of bad) {
    const { status, text } = await ask(`${get} HTTP/1.1`, { Host });
    assert.equal(status, 400, Host);
    assert.match(text, /\r\nDate: /);
  }
  assert.equal((await ask(`${get} HTTP/1.1`, { Host: null })).status, 400);
  assert.equal((await ask(`${get} HTTP/1.0`, { Host: null })).status, 200);
  for (const version of ['1.0', '1.1']) {
    assert.equal((await ask(`${get} HTTP/${version}`, { Host: 'a', host: 'a' })).status, 400);
  }
  const absolute = 'GET http://localhost/uploads/files/x HTTP/1.1';
  assert.equal((await ask(absolute, { Host: null })).status, 400);
  assert.equal((await ask(absolute, { Host: 'a', host: 'b' })).status, 400);
});

test('every refusal of a Host has its line in the log', async (t) => {
  const { ask, requests } = await serving(t);
  await ask('POST /uploads/files/ HTTP/1.1', { Host: null });
  await ask('POST /uploads/files/ HTTP/1.1', { Expect: 'a miracle' });
  assert.deepEqual(
    requests.map(({ status, note }) => [status, note]),
    [
      [400, 'the header host is missing'],
      [417, 'only 100-continue can be expected'],
    ],
  );
});

test('a method that is never answered is 405 with Allow, whatever else is wrong', async (t) => {
  const { ask, requests } = await serving(t);
  const item = 'GET, OPTIONS, HEAD, POST, PATCH, DELETE';
  const cases: readonly [target: string, allow: string][] = [
    ['/uploads/files/x', item],
    ['/uploads/files/../../etc', item],
    ['/uploads/files/', 'OPTIONS, POST, GET, HEAD'],
    ['/uploads/files', 'OPTIONS, POST, GET, HEAD'],
  ];
  for (const [target, allow] of cases) {
    for (const method of ['PUT', 'TRACE', 'PROPFIND', 'MKCOL', 'LINK', 'M-SEARCH', 'QUERY']) {
      const { status, text } = await ask(`${method} ${target} HTTP/1.1`, { Expect: 'x' });
      assert.equal(status, 405, `${method} ${target}`);
      const allowed = /\r\nAllow: (.*)\r\n/i.exec(text)?.[1];
      if (text.includes('does not know')) assert.ok(allowed);
      else assert.equal(allowed, allow, `${method} ${target}`);
    }
    for (const method of ['FOO', 'get', 'Post', 'X-Y_Z', 'PATCHES', 'DEL']) {
      const { status, text } = await ask(`${method} ${target} HTTP/1.1`);
      assert.equal(status, 405, method);
      assert.match(text, /\r\nAllow: .*POST/);
      assert.match(text, /\r\nDate: /);
    }
    const overridden = { 'X-HTTP-Method-Override': 'TRACE' };
    for (const name of ['TRACE', 'NO', 'CONNECT', 'PATCH, PATCH']) {
      overridden['X-HTTP-Method-Override'] = name;
      assert.equal((await ask(`POST ${target} HTTP/1.1`, overridden)).status, 405, name);
    }
  }
  for (const method of ['PATCH', 'DELETE']) {
    assert.equal((await ask(`${method} /uploads/files/ HTTP/1.1`)).status, 405, method);
  }
  assert.ok(requests.every(({ status, path }) => status === 405 && path?.startsWith('/uploads')));
});

test('a CONNECT is refused in its turn, and logged', async (t) => {
  const { url, requests } = await serving(t);
  const first = headOf('GET /uploads/files/x HTTP/1.1', { Connection: 'keep-alive' });
  const tunnel = headOf('CONNECT example.org:443 HTTP/1.1', { Connection: null });
  const override = headOf('CONNECT example.org:443 HTTP/1.1', { 'X-HTTP-Method-Override': 'GET' });
  const { statuses, text, error } = await new Raw(url)
    .send(first + tunnel)
    .send(Buffer.alloc(1_000_000))
    .answer();
  assert.deepEqual([statuses, error], [[200, 405], undefined]);
  assert.match(text, /\r\nAllow: /);
  assert.deepEqual((await new Raw(url).send(override).answer()).statuses, [405]);
  await until('all are logged', () => requests.length === 3);
  assert.deepEqual(requests.map(({ method }) => method).slice(0, 2), ['GET', 'CONNECT']);
});

test('an Upgrade header is ignored, and the request is answered', async (t) => {
  const { url } = await serving(t);
  for (const Upgrade of ['h2c', 'websocket', 'TLS/1.3']) {
    const head = headOf('GET /uploads/files/x HTTP/1.1', { Connection: 'Upgrade', Upgrade });
    const next = headOf('GET /uploads/files/y HTTP/1.1');
    const raw = new Raw(url).send(head);
    await until('the first answer', () => raw.text.endsWith('GET x\n'));
    const { statuses, text } = await raw.send(next).answer();
    assert.deepEqual(statuses, [200, 200], Upgrade);
    assert.match(text, /GET y/);
  }
});

test('a path is logged without its query, and a refused origin by name', async (t) => {
  const { ask, requests } = await serving(t, { corsOrigins: ['https://app.example'] });
  await ask('GET /elsewhere?token=secret HTTP/1.1');
  await ask('POST /uploads/files/ HTTP/1.1', { Origin: 'https://evil.example' });
  await ask('POST /uploads/files/ HTTP/1.1', { Origin: 'https://app.example' });
  await ask('POST /uploads/files/ HTTP/1.1', { Origin: 'http://localhost' });
  assert.deepEqual(
    requests.map(({ status, path, note }) => [status, path, note]),
    [
      [404, '/elsewhere', 'there is nothing here'],
      [200, '/uploads/files/', 'origin https://evil.example is not in corsOrigins'],
      [200, '/uploads/files/', ''],
      [200, '/uploads/files/', ''],
    ],
  );
});
