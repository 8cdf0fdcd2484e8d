import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginPatch } from '../../conformance/interrupted.ts';
import type { Target } from '../../conformance/target.ts';
import {
  append,
  ask,
  begin,
  beginWith,
  create,
  head,
  headerLines,
  OFFSET_STREAM,
  offsetOf,
  patch,
  patchHeaders,
  pathOf,
  sample,
  sendOn,
} from '../../conformance/tus.ts';
import { Wire, WireError } from '../../conformance/wire.ts';
import { until } from '../support/until.ts';
import { isWaiting, serve } from './support/served.ts';

const MIB = 1024 * 1024;

/** Comes back as soon as it is cut, until told to stop. Never sends a whole header. */
interface Attacker {
  readonly wire: Wire | undefined;
  /** How many of its connections the server has ended. */
  readonly cut: number;
}

type Style = (t: Target, wire: Wire) => Promise<void>;

const STYLES: readonly Style[] = [
  async () => {},
  async (t, wire) => wire.write(Buffer.from(`POST ${pathOf(t.url)} HTTP/1.1\r\nX-Slow: `)),
  async (t, wire) => wire.write(Buffer.from(`PATCH ${pathOf(t.url)}0`)),
  async (t, wire) => {
    sendOn(wire, t, 'OPTIONS', t.url);
    await wire.reply();
    wire.write(Buffer.from('HEAD '));
  },
];

async function attack(t: Target, style: Style, signal: AbortSignal, state: Mutable<Attacker>) {
  while (!signal.aborted) {
    try {
      const wire = await Wire.open(t.url, t.limitMs);
      state.wire = wire;
      await style(t, wire);
      while (!wire.closed && !signal.aborted) {
        if (style !== STYLES[0]) wire.write(Buffer.from('a'));
        await wire.closes(200);
      }
      state.cut += wire.closed ? 1 : 0;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    state.wire?.close();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

test('clients that never end their headers are cut, and others are served meanwhile', async (t) => {
  const served = await serve(t, { HEADERS_TIMEOUT: '2s' });
  const { target } = served;
  const over = new AbortController();
  const attackers = Array.from({ length: 200 }, () => ({ wire: undefined, cut: 0 }));
  const attacks = attackers.map((state, at) =>
    attack(target, STYLES[at % STYLES.length]!, over.signal, state),
  );
  t.after(() => over.abort());
  const attacking = () =>
    attackers.filter(({ wire }: Attacker) => wire !== undefined && !wire.closed).length;
  await until('most of the attack is under way', () => attacking() > 150);

  const whole = sample(MIB);
  let uploads = 0;
  while (attackers.some(({ cut }) => cut === 0)) {
    const url = await beginWith(target, whole.length, whole);
    assert.ok((await ask(target, 'GET', url)).body.equals(whole));
    if (attacking() > 100) uploads += 1;
    assert.equal(served.daemon.child.exitCode, null);
  }
  t.diagnostic(`${uploads} uploads beside more than 100 attackers`);
  assert.ok(uploads > 0);
  over.abort();
  await Promise.all(attacks);
  await served.endsWell();
});

test('a header that came too slowly is answered with 408', async (t) => {
  const served = await serve(t, { HEADERS_TIMEOUT: '1s' });
  const wire = await Wire.open(served.target.url, served.target.limitMs);
  wire.write(Buffer.from('POST / HTTP/1.1\r\nX-Slow: a'));
  assert.equal((await wire.reply()).status, 408);
  assert.ok(await wire.closes(served.target.limitMs));
  // Nor does the client's refusal to close its side keep anything open.
  await served.endsWell();
  wire.close();
});

test('connections beyond the most are turned away, and those that are there go on', async (t) => {
  const most = 20;
  const served = await serve(t, { MAX_CONNECTIONS: String(most) });
  const { target } = served;
  const whole = sample(100_000);
  const url = await begin(target, { 'Upload-Length': String(whole.length) });
  const uploading = await beginPatch(target, url, whole.length, whole.subarray(0, 50_000));
  await served.holds(url, 50_000);

  const held: Wire[] = [];
  await until('all places are taken', async () => {
    const wire = await Wire.open(target.url, target.limitMs);
    try {
      sendOn(wire, target, 'OPTIONS', target.url);
      await wire.reply();
      held.push(wire);
    } catch (error) {
      if (!(error instanceof WireError && error.kind === 'closed')) throw error;
      wire.close();
    }
    return held.length === most - 1;
  });
  for (let extra = 0; extra < 50; extra += 1) {
    const wire = await Wire.open(target.url, target.limitMs).catch(() => undefined);
    assert.ok(wire === undefined || (await wire.closes(target.limitMs)), 'it is turned away');
    wire?.close();
  }
  assert.ok(await isWaiting(uploading), 'a transfer is left in peace');
  for (const wire of held) {
    sendOn(wire, target, 'HEAD', url);
    assert.equal((await wire.reply()).headers.get('upload-offset'), '50000');
  }
  uploading.write(whole.subarray(50_000));
  assert.equal((await uploading.reply()).status, 204);
  uploading.close();
  for (const wire of held) wire.close();
  await until('there is room again', async () => {
    const reply = await head(target, url).catch(() => undefined);
    return reply?.status === 200;
  });
  assert.ok((await ask(target, 'GET', url)).body.equals(whole));
  await served.endsWell();
});

test('requests on one connection, well behaved or not', { concurrency: true }, async (t) => {
  const served = await serve(t);
  const { target } = served;
  await Promise.all([
    t.test('requests that do not wait for each other are done in their order', async () => {
      for (let round = 0; round < 20; round += 1) {
        const url = await begin(target, { 'Upload-Length': '10' });
        const wire = await Wire.open(url, target.limitMs);
        const append = (offset: number, text: string) =>
          sendOn(wire, target, 'PATCH', url, {
            body: Buffer.from(text),
            headers: patchHeaders(offset),
          });
        append(0, '01234');
        sendOn(wire, target, 'HEAD', url);
        append(5, '56789');
        sendOn(wire, target, 'HEAD', url);
        sendOn(wire, target, 'GET', url);
        sendOn(wire, target, 'DELETE', url);
        sendOn(wire, target, 'HEAD', url);
        const replies: unknown[] = [];
        for (let reply = 0; reply < 7; reply += 1) {
          const { status, headers, body } = await wire.reply();
          replies.push([status, headers.get('upload-offset') ?? String(body)]);
        }
        assert.deepEqual(replies.slice(0, 6), [
          [204, '5'],
          [200, '5'],
          [204, '10'],
          [200, '10'],
          [200, '0123456789'],
          [204, ''],
        ]);
        assert.match(String(replies[6]), /^4(04|10),/);
        wire.close();
      }
    }),
    t.test('downloads that were asked for in advance end with their connection', async () => {
      const url = await beginWith(target, 8 * MIB, sample(8 * MIB));
      for (let round = 0; round < 5; round += 1) {
        const wire = await Wire.open(url, target.limitMs);
        for (let request = 0; request < 5; request += 1) sendOn(wire, target, 'GET', url);
        if (round > 0) assert.equal((await wire.reply()).body.length, 8 * MIB);
        wire.reset();
      }
    }),
    t.test('thousands of requests at once are answered one by one', async () => {
      const url = await begin(target, { 'Upload-Length': '10' });
      const wire = await Wire.open(url, target.limitMs);
      for (let request = 0; request < 2_000; request += 1) sendOn(wire, target, 'HEAD', url);
      for (let request = 0; request < 2_000; request += 1) {
        assert.equal((await wire.reply()).status, 200);
      }
      wire.close();
    }),
    t.test('a connection can be used again after a refused body', async () => {
      const body = sample(500_000);
      const url = await beginWith(target, 600_000, sample(100_000, 7));
      const wire = await Wire.open(url, target.limitMs);
      const refused: [status: number, method: string, to: string, headers: object, sent: Buffer][] =
        [
          [409, 'PATCH', url, patchHeaders(1), body],
          [413, 'PATCH', url, patchHeaders(100_000), Buffer.concat([body, Buffer.from('x')])],
          [415, 'PATCH', url, { ...patchHeaders(100_000), 'Content-Type': 'text/plain' }, body],
          [413, 'POST', target.url, { 'Upload-Length': '1', 'Content-Type': OFFSET_STREAM }, body],
          [404, 'PATCH', `${target.url}0123456789abcdef`, patchHeaders(0), body],
        ];
      for (const [status, method, to, headers, sent] of refused) {
        // At once, and with the body only after the answer: as the client likes.
        for (const late of [false, true]) {
          const length = { 'Content-Length': String(sent.length) };
          const lines = headerLines(target, method, to, { ...length, ...headers });
          wire.head(method, pathOf(to), lines);
          if (!late) wire.write(sent);
          assert.equal((await wire.reply()).status, status, `${method} ${status}`);
          if (late) wire.write(sent);
          sendOn(wire, target, 'HEAD', url);
          const told = await wire.reply();
          assert.equal(told.headers.get('upload-offset'), '100000', `after ${status}`);
        }
      }
      sendOn(wire, target, 'PATCH', url, { body, headers: patchHeaders(100_000) });
      assert.equal((await wire.reply()).status, 204);
      wire.close();
      const all = Buffer.concat([sample(100_000, 7), body]);
      assert.ok((await ask(target, 'GET', url)).body.equals(all));
    }),
    t.test('a hundred connections that come and go leave nothing behind', async () => {
      const url = await begin(target, { 'Upload-Length': '100000' });
      const wires = await Promise.all(
        Array.from({ length: 100 }, () => Wire.open(target.url, target.limitMs)),
      );
      for (const [index, wire] of wires.entries()) {
        if (index % 3 === 0) sendOn(wire, target, 'HEAD', url);
        if (index % 2 === 0) wire.reset();
        else wire.close();
      }
      const refused = await create(target, { 'Upload-Length': 'x' });
      assert.equal(refused.status, 400);
      await append(target, url, 0, sample(100_000));
      assert.equal((await patch(target, url, 0, sample(10))).status, 409);
      assert.equal(await offsetOf(target, url), 100_000);
    }),
  ]);
  await served.endsWell();
});
