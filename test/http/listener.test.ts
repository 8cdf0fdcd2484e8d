import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { ask } from '../../conformance/tus.ts';
import { Wire } from '../../conformance/wire.ts';
import { Fault } from '../../src/fault.ts';
import type { Exchange } from '../../src/protocol/exchange.ts';
import { listen, saying } from '../support/listen.ts';
import { until } from '../support/until.ts';

test('an exchange has the method, the id and the caller settled', async (t) => {
  const seen: Pick<Exchange, 'method' | 'id' | 'caller'>[] = [];
  const { url } = await listen(t, async (exchange) => {
    seen.push(exchange);
    exchange.response.end();
  });
  const agent = { 'User-Agent': `agent/${'x'.repeat(400)}` };
  await fetch(url, { method: 'POST', headers: agent });
  await fetch(url.slice(0, -1), { method: 'OPTIONS' });
  await fetch(`${url}an-id?and=a&question`, { method: 'DELETE' });
  await fetch(`${url}an-id`, { method: 'POST', headers: { 'X-HTTP-Method-Override': 'patch' } });
  assert.deepEqual(
    seen.map(({ method, id }) => [method, id]),
    [
      ['POST', null],
      ['OPTIONS', null],
      ['DELETE', 'an-id'],
      ['PATCH', 'an-id'],
    ],
  );
  assert.equal(seen[0]?.caller.origin.address, '127.0.0.1');
  assert.equal(seen[0]?.caller.origin.agent?.length, 300);
});

test('only the base path is served', async (t) => {
  const { url } = await listen(
    t,
    saying(() => 'served'),
  );
  const { origin } = new URL(url);
  for (const path of ['/', '/uploads', '/uploads/filesx', '/uploads/files.', '/UPLOADS/FILES/']) {
    assert.equal((await fetch(origin + path, { method: 'POST' })).status, 404, path);
  }
});

test('a bug is described in the log and not to the client', async (t) => {
  const bug = new Error('in /srv/secret/path');
  const { url, bugs } = await listen(t, async () => {
    throw bug;
  });
  const response = await fetch(url, { method: 'POST' });
  assert.equal(response.status, 500);
  assert.equal(await response.text(), 'the server could not do this\n');
  assert.deepEqual(bugs, [bug]);
});

test('a fault is answered with its status, its sentence and its headers', async (t) => {
  const faults = [
    new Fault('LOCKED', 'another request is writing', { headers: { 'Retry-After': '2' } }),
    new Fault('IO', 'EIO while writing /srv/secret', { cause: new Error('EIO') }),
    new Fault('REFUSED', 'the sentence of the log'),
  ];
  const { url, bugs } = await listen(t, async ({ id, caller }) => {
    caller.request.refusal = {
      status: 422,
      body: 'no cats',
      headers: { 'Bad Name': 'x', 'X-Bad-Value': 'a\r\nb', 'X-Good': 'yes' },
    };
    throw faults[Number(id)];
  });
  const asked = (index: number) => fetch(`${url}${index}`, { method: 'PATCH', body: 'body' });
  const locked = await asked(0);
  assert.deepEqual([locked.status, locked.headers.get('retry-after')], [423, '2']);
  assert.equal(await locked.text(), 'another request is writing\n');
  assert.deepEqual(bugs, []);
  const io = await asked(1);
  assert.deepEqual([io.status, await io.text()], [500, 'the server could not do this\n']);
  assert.deepEqual(bugs, [faults[1]]);
  const refused = await asked(2);
  assert.deepEqual([refused.status, await refused.text()], [422, 'no cats']);
  assert.equal(refused.headers.get('x-good'), 'yes');
  assert.equal(refused.headers.has('x-bad-value'), false);
});

test('Location is relative, unless something that is trusted knows better', async (t) => {
  const location = saying(({ urlOf }) => urlOf('an-id'));
  const proxied = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'files.example.org' };
  const told = async (options: Parameters<typeof listen>[2]) => {
    const { url } = await listen(t, location, options);
    return (await fetch(url, { method: 'POST', headers: proxied })).text();
  };
  assert.equal(await told({}), '/uploads/files/an-id');
  assert.equal(
    await told({ trustedProxies: ['127.0.0.1'] }),
    'https://files.example.org/uploads/files/an-id',
  );
  const publicUrl = 'https://cdn.example.org/up/';
  assert.equal(await told({ publicUrl, trustedProxies: ['127.0.0.1'] }), `${publicUrl}an-id`);
});

test('100 Continue is sent only once the body is accepted', async (t) => {
  const { url } = await listen(t, async ({ request, response, accept, id }) => {
    if (id === 'refused') throw new Fault('TOO_LARGE', 'too large');
    accept();
    for await (const _ of request);
    response.end('taken');
  });
  const head = async (id: string) => {
    const wire = await Wire.open(url, 10_000);
    t.after(() => wire.close());
    const { host, pathname } = new URL(url);
    const headers = { Host: host, Expect: '100-continue', 'Content-Length': '4' };
    wire.head('POST', pathname + id, Object.entries(headers));
    return wire;
  };
  const accepted = await head('accepted');
  assert.equal((await accepted.next()).status, 100);
  accepted.write(Buffer.from('body'));
  assert.equal(String((await accepted.next()).body), 'taken');
  const refused = await head('refused');
  const reply = await refused.next();
  assert.deepEqual([reply.status, reply.headers.get('connection')], [413, 'close']);
  assert.ok(await refused.closes(10_000));
});

test('a connection can be used again after a body that was not wanted', async (t) => {
  const { url } = await listen(t, async ({ id, response }) => {
    if (id === 'refused') throw new Fault('CONFLICT', 'no');
    response.end('served');
  });
  const wire = await Wire.open(url, 10_000);
  t.after(() => wire.close());
  const { host, pathname } = new URL(url);
  wire.head('PATCH', `${pathname}refused`, [
    ['Host', host],
    ['Content-Length', '100000'],
  ]);
  wire.write(Buffer.alloc(100_000));
  assert.equal((await wire.reply()).status, 409);
  wire.head('POST', pathname, [
    ['Host', host],
    ['Content-Length', '0'],
  ]);
  assert.equal(String((await wire.reply()).body), 'served');
});

test('what is no request is answered as far as it can be', async (t) => {
  const { url } = await listen(
    t,
    saying(() => 'served'),
  );
  const answered = async (text: string) => {
    const wire = await Wire.open(url, 10_000);
    t.after(() => wire.close());
    wire.write(Buffer.from(text, 'latin1'));
    const { status, headers } = await wire.next();
    assert.equal(headers.get('tus-resumable'), '1.0.0');
    return status;
  };
  assert.equal(await answered('nonsense\r\n\r\n'), 400);
  assert.equal(await answered(`GET / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`), 431);
});

test('every request is logged once, also when its client has gone', async (t) => {
  const { url, requests } = await listen(t, async ({ request, response, note, id }) => {
    for await (const chunk of request) note.bytes = (note.bytes ?? 0) + chunk.length;
    if (id === 'fails') throw new Fault('CONFLICT', 'no');
    response.end('served');
  });
  await (await fetch(`${url}works`, { method: 'PATCH', body: 'abc' })).text();
  await (await fetch(`${url}fails`, { method: 'PATCH', body: 'ab' })).text();
  const wire = await Wire.open(url, 10_000);
  const { host, pathname } = new URL(url);
  wire.head('PATCH', `${pathname}gone`, [
    ['Host', host],
    ['Content-Length', '10'],
  ]);
  wire.write(Buffer.from('abc'));
  wire.reset();
  await until('three are logged', () => requests.length === 3);
  assert.deepEqual(
    requests.map(({ id, status }) => [id, status]),
    [
      ['works', 200],
      ['fails', 409],
      ['gone', null],
    ],
  );
  assert.deepEqual(requests[1]?.note, 'no; 2 bytes kept');
});

test('a port that is taken, or an address that is not ours, is a sentence', async (t) => {
  const { url } = await listen(
    t,
    saying(() => ''),
  );
  const port = Number(new URL(url).port);
  const taken = listen(
    t,
    saying(() => ''),
    { port },
  );
  await assert.rejects(taken, {
    code: 'CANNOT_LISTEN',
    message: `port ${port} on 127.0.0.1 is already in use`,
  });
  const elsewhere = listen(
    t,
    saying(() => ''),
    { host: '192.0.2.1' },
  );
  await assert.rejects(elsewhere, { code: 'CANNOT_LISTEN', exitCode: 69 });
});

test('GET is refused where downloads are off, and answered by them where they are on', async (t) => {
  const off = await listen(
    t,
    saying(() => 'protocol'),
  );
  const refused = await fetch(`${off.url}an-id`);
  assert.deepEqual(
    [refused.status, refused.headers.get('allow')],
    [405, 'OPTIONS, HEAD, POST, PATCH, DELETE'],
  );
  const on = await listen(
    t,
    saying(() => 'protocol'),
    { download: saying(() => 'download') },
  );
  assert.equal(await (await fetch(`${on.url}an-id`)).text(), 'download');
  const base = await ask(foreignTarget(on.url), 'PATCH', on.url);
  const allowed = 'OPTIONS, POST, GET, HEAD';
  assert.deepEqual([base.status, base.headers.get('allow')], [405, allowed]);
});

test('connections over the limit are closed, which is logged once and not for each', async (t) => {
  const told: number[] = [];
  const { url } = await listen(t, async ({ response }) => void response.end(), {
    maxConnections: 2,
    onTurnedAway: (count) => told.push(count),
  });
  const { port, host, pathname } = new URL(url);
  const wires = [await Wire.open(url, 10_000), await Wire.open(url, 10_000)];
  for (let count = 0; count < 5; count += 1) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    await once(socket.resume(), 'close');
  }
  assert.deepEqual(told, [1]);
  for (const wire of wires) wire.reset();
  await until('there is room again', async () => {
    const wire = await Wire.open(url, 10_000);
    wire.head('POST', pathname, [['Host', host]]);
    const answer = await wire.reply().catch(() => undefined);
    wire.close();
    return answer?.status === 200;
  });
});
