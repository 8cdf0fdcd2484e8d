import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { HttpHook } from '../../src/config/hooks/hook-schema.ts';
import type { Payload } from '../../src/hooks/payload.ts';
import type { Attempt, Message, SendOptions } from '../../src/hooks/transport/attempt.ts';
import { createHttpTransport } from '../../src/hooks/transport/http/http-transport.ts';
import { CERTIFICATE, PRIVATE_KEY } from './support/certificate.ts';
import { httpHook } from './support/hooks-of.ts';
import { startReceiver, type TestReceiver } from './support/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;

function messageOf(headers: Record<string, string[]> = {}): Message {
  const payload = {
    Type: 'post-finish',
    ID: 'evt_1',
    Event: { Upload: { ID: 'k3v9' }, HTTPRequest: { Header: headers } },
  } as unknown as Payload;
  return {
    event: 'post-finish',
    eventId: 'evt_1',
    body: JSON.stringify(payload),
    payload: () => payload,
  };
}

function send(
  url: string,
  hook: Partial<HttpHook> = {},
  options: Partial<SendOptions> = {},
  message = messageOf(),
): Promise<Attempt> {
  const transport = createHttpTransport(httpHook(url, hook), Date.now);
  const signal = new AbortController().signal;
  return transport.send(message, { signal, wantsAnswer: true, ...options });
}

function sentenceOf(attempt: Attempt): string {
  assert.ok(!attempt.ok, 'it succeeded');
  return attempt.sentence;
}

/** A receiver that does as it likes with its connections. Returns host and port. */
async function startRawReceiver(t: TestContext, onData: (socket: Socket) => void) {
  const server = createSocketServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => onData(socket));
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('every 2xx is a success, with or without an answer', async (t) => {
  const receiver = await startReceiver(t);
  for (const status of [200, 201, 204, 299]) {
    receiver.reply = () => ({ status, body: status === 204 ? '' : '{"a":1}' });
    const attempt = await send(receiver.url);
    assert.ok(attempt.ok);
    assert.equal(attempt.answer, status === 204 ? '' : '{"a":1}');
    assert.match(attempt.detail, new RegExp(`^${status}`));
  }
});

test('every other status is a failure that quotes what the receiver says, on one line', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 500, body: 'out of\r\n\x1b[31m disk' }));
  assert.equal(
    sentenceOf(await send(receiver.url)),
    'the receiver answered 500 Internal Server Error: out of \\u001b[31m disk',
  );
  receiver.reply = () => ({ status: 404 });
  assert.equal(sentenceOf(await send(receiver.url)), 'the receiver answered 404 Not Found');
});

test('a redirect is not followed', async (t) => {
  const target = await startReceiver(t);
  const receiver = await startReceiver(t, () => ({
    status: 307,
    headers: { location: target.url },
  }));
  assert.equal(
    sentenceOf(await send(receiver.url)),
    'the receiver answered 307 Temporary Redirect, and redirects are not followed',
  );
  assert.equal(target.received.length, 0);
});

test('an answer without an end is cut off at its size', async (t) => {
  for (const wantsAnswer of [true, false]) {
    let hungUp = false;
    const receiver = await startReceiver(t, (_got, response) => {
      const chunk = Buffer.alloc(64 * 1024, 97);
      const more = () => {
        while (!hungUp && response.write(chunk));
      };
      response.on('drain', more).on('close', () => {
        hungUp = true;
      });
      more();
      return undefined;
    });
    const sentence = sentenceOf(await send(receiver.url, {}, { wantsAnswer }));
    assert.match(sentence, wantsAnswer ? /more than 1024 KiB/ : /more than 64 KiB/);
  }
});

test('a failure whose body does not end is reported as soon as its beginning is known', async (t) => {
  const receiver = await startReceiver(t, (_got, response) => {
    response.writeHead(503);
    const chunk = Buffer.alloc(1024, 97);
    const timer = setInterval(() => response.write(chunk), 1);
    response.on('close', () => clearInterval(timer));
    return undefined;
  });
  assert.match(sentenceOf(await send(receiver.url)), /503 Service Unavailable: aaaa/);
});

test('the time limit covers a receiver that says nothing, and one that does not come to an end', async (t) => {
  const receiver = await startReceiver(t, () => undefined);
  const silent = await send(receiver.url, { timeoutMs: 100 });
  assert.ok(!silent.ok);
  assert.equal(silent.why, 'overdue');
  assert.match(silent.sentence, /^127\.0\.0\.1:\d+ did not answer within 0\.1 s$/);
  receiver.reply = (_got, response) => {
    response.write('{');
    return undefined;
  };
  assert.match(sentenceOf(await send(receiver.url, { timeoutMs: 100 })), /did not answer within/);
});

test('a connection that breaks is reported, before the answer and in the middle of it', async (t) => {
  const early = await startRawReceiver(t, (socket) => socket.resetAndDestroy());
  assert.match(sentenceOf(await send(`http://${early}`)), /was reset before it answered$/);
  const midway = await startRawReceiver(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}', () => socket.destroy());
  });
  assert.match(
    sentenceOf(await send(`http://${midway}`)),
    /was reset in the middle of its answer$/,
  );
});

test('a receiver that is missing, does not speak HTTP or has an unknown name is reported', async (t) => {
  const server = createSocketServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  assert.match(sentenceOf(await send(`http://127.0.0.1:${port}`)), /was refused: nobody listens/);
  const ssh = await startRawReceiver(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  assert.match(sentenceOf(await send(`http://${ssh}`)), /did not answer in HTTP$/);
  assert.match(sentenceOf(await send(`https://${ssh}`)), /no TLS connection to .+ came about/);
  const nowhere = sentenceOf(await send('http://no-such-host.invalid/'));
  assert.match(nowhere, /no-such-host\.invalid .*DNS|DNS .*no-such-host\.invalid/);
});

test('answers of an odd form are understood, or reported', async (t) => {
  const answers: [string, RegExp][] = [
    ['HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', /^ok \{\}$/],
    ['HTTP/1.0 200 OK\r\n\r\n{"a":1}', /^ok \{"a":1\}$/],
    [
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      /answered 101/,
    ],
    [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, /headers that are too long$/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /reset in the middle/],
    ['HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', /answered 999 Odd$/],
  ];
  for (const [text, expected] of answers) {
    const place = await startRawReceiver(t, (socket) => socket.end(text));
    const attempt = await send(`http://${place}`);
    assert.match(attempt.ok ? `ok ${attempt.answer}` : attempt.sentence, expected);
  }
});

test('a certificate that cannot be trusted is a failure', async (t) => {
  const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_request, response) => {
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.equal(
    sentenceOf(await send(`https://localhost:${port}`)),
    `the certificate of localhost:${port} is self-signed`,
  );
});

test("the signature passes the library's own verifier with each of several secrets", async (t) => {
  const receiver = await startReceiver(t);
  await send(receiver.url, { secrets: [SECRET, OLD_SECRET] });
  const { headers, body } = receiver.received[0]!;
  for (const secret of [SECRET, OLD_SECRET]) {
    const read = new Webhook(secret).verify(body, headers as Record<string, string>);
    assert.deepEqual(read, JSON.parse(body));
  }
  const stranger = new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`);
  assert.throws(() => stranger.verify(body, headers as Record<string, string>));
  assert.throws(() => new Webhook(SECRET).verify(`${body} `, headers as Record<string, string>));
});

test('without a secret there is an id and a time, and no signature', async (t) => {
  const receiver = await startReceiver(t);
  await send(receiver.url);
  const { headers } = receiver.received[0]!;
  assert.equal(headers['webhook-id'], 'evt_1');
  assert.match(headers['webhook-timestamp'] as string, /^\d+$/);
  assert.equal(headers['webhook-signature'], undefined);
});

test("a hook's own headers are sent, and those of the client that it asks for, which never win", async (t) => {
  const receiver = await startReceiver(t);
  const client = {
    'X-Request-Id': ['42'],
    Authorization: ['Bearer client'],
    'Accept-Encoding': ['gzip'],
    Cookie: ['a=b'],
  };
  const hook = {
    headers: { authorization: 'Bearer own', 'x-own': 'yes' },
    forwardHeaders: ['x-request-id', 'authorization', 'accept-encoding', 'x-none'],
  };
  await send(receiver.url, hook, {}, messageOf(client));
  const { headers } = receiver.received[0]!;
  assert.equal(headers['x-request-id'], '42');
  assert.equal(headers.authorization, 'Bearer own');
  assert.equal(headers['x-own'], 'yes');
  assert.equal(headers.cookie, undefined);
  assert.equal(headers['accept-encoding'], 'identity');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['hook-name'], 'post-finish');
  assert.equal(headers['user-agent'], 'tusd-ts');
});

test('a receiver that echoes what it was sent does not bring a secret into the log', async (t) => {
  const receiver = await startReceiver(t);
  const url = receiver.url.replace('//', '//tusd:user-pass@').concat('?key=token-in-query');
  const hook = {
    secrets: [SECRET],
    headers: { 'x-api-key': 'key-12345', authorization: 'Basic QUJD' },
  };
  const echoes = ['key-12345', 'QUJD', SECRET, SECRET.slice(6), 'user-pass', 'token-in-query'];
  let start = 0;
  receiver.reply = ({ headers }) => ({
    status: 500,
    body: `${JSON.stringify(headers)} ${SECRET} token-in-query user-pass`.slice(start),
  });
  // From different places, since only the beginning of the answer is quoted.
  for (; start < 600; start += 100) {
    const sentence = sentenceOf(await send(url, hook));
    for (const echo of echoes) assert.ok(!sentence.includes(echo), `${echo} in: ${sentence}`);
  }
  start = 0;
  assert.match(sentenceOf(await send(url, hook)), /\(secret\)/);
});

test('a connection that the receiver closes just when it is used again costs nothing', async (t) => {
  let connections = 0;
  const reply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
  const place = await startRawReceiver(t, (socket) => {
    connections += 1;
    // The first connection answers once and breaks at the next request.
    socket.write(reply);
    socket.on('data', () => {
      if (connections === 1) socket.resetAndDestroy();
      else socket.write(reply);
    });
  });
  const transport = createHttpTransport(httpHook(`http://${place}`), Date.now);
  const options = { signal: new AbortController().signal, wantsAnswer: true };
  assert.ok((await transport.send(messageOf(), options)).ok);
  const second = await transport.send(messageOf(), options);
  assert.ok(second.ok, JSON.stringify(second));
  assert.equal(connections, 2);
});

test('the end of the program aborts an attempt', async (t) => {
  const ending = new AbortController();
  const receiver: TestReceiver = await startReceiver(t, () => {
    ending.abort();
    return undefined;
  });
  const attempt = await send(receiver.url, {}, { signal: ending.signal });
  assert.ok(!attempt.ok);
  assert.equal(attempt.why, 'aborted');
  const late = await send(receiver.url, {}, { signal: ending.signal });
  assert.equal(receiver.received.length, 1);
  assert.ok(!late.ok && late.why === 'aborted');
});
