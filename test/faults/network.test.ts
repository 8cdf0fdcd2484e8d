import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { beginPatch } from '../../conformance/interrupted.ts';
import {
  append,
  ask,
  begin,
  beginWith,
  head,
  offsetOf,
  patch,
  sample,
} from '../../conformance/tus.ts';
import type { Wire } from '../../conformance/wire.ts';
import { until } from '../support/until.ts';
import { effort } from './support/effort.ts';
import { chooseSeed, createRandom } from './support/random.ts';
import { endOf, isGone, isWaiting, serve } from './support/served.ts';

const MIB = 1024 * 1024;

test('connections that break, and requests that meet', { concurrency: true }, async (t) => {
  const served = await serve(t);
  const { target } = served;
  await Promise.all([
    t.test('bytes that came before a reset are kept', async () => {
      const whole = sample(2 * MIB);
      const url = await begin(target, { 'Upload-Length': String(whole.length) });
      let offset = 0;
      for (const sent of [1, 100_000, MIB]) {
        const part = whole.subarray(offset, offset + sent);
        const rest = whole.length - offset;
        const wire = await beginPatch(target, url, rest, part, { 'Upload-Offset': String(offset) });
        offset += sent;
        await served.holds(url, offset);
        wire.reset();
        assert.equal(await offsetOf(target, url), offset);
      }
      await append(target, url, offset, whole.subarray(offset));
      assert.ok((await ask(target, 'GET', url)).body.equals(whole));
    }),
    t.test(
      'uploads whose connections are reset at any moment are resumed to the same bytes',
      async (t) => {
        const seed = chooseSeed();
        t.diagnostic(`TUSD_TS_SEED=${seed}`);
        const random = createRandom(seed);
        const uploadThroughResets = async (number: number) => {
          const choices = random.branch();
          const whole = sample(choices.int(1, MIB), number);
          const url = await begin(target, { 'Upload-Length': String(whole.length) });
          for (let resets = choices.int(1, 4); resets > 0; resets -= 1) {
            const offset = await offsetOf(target, url);
            const sent = choices.int(0, whole.length - offset);
            const part = whole.subarray(offset, offset + sent);
            const rest = whole.length - offset;
            const wire = await beginPatch(target, url, rest, part, {
              'Upload-Offset': `${offset}`,
            });
            // Some bytes are on the wire, some in a buffer and some on the disk.
            for (let turns = choices.int(0, 20); turns > 0; turns -= 1) await pause(0);
            if (choices.chance(0.3)) wire.close();
            else wire.reset();
          }
          await until('the rest is taken', async () => {
            const offset = await offsetOf(target, url);
            assert.ok(offset <= whole.length);
            if (offset === whole.length) return true;
            const { status } = await patch(target, url, offset, whole.subarray(offset));
            // The server may have noticed bytes of the lost connection since it told the offset.
            assert.ok([204, 409].includes(status), `PATCH: ${status}`);
            return status === 204;
          });
          await until('it is finished', async () => (await ask(target, 'GET', url)).status === 200);
          assert.ok((await ask(target, 'GET', url)).body.equals(whole), `upload ${number}`);
        };
        for (let round = effort({ short: 5, long: 60 }); round > 0; round -= 1) {
          await Promise.all(
            Array.from({ length: 8 }, (_, at) => uploadThroughResets(round * 8 + at)),
          );
        }
      },
    ),
    t.test(
      'every byte before a FIN is kept, whether or not the client stays to listen',
      async () => {
        const whole = sample(300_000);
        for (const sent of [1, 65_536, 250_000]) {
          for (const leaving of ['halfClose', 'close'] as const) {
            const url = await begin(target, { 'Upload-Length': String(whole.length) });
            const wire = await beginPatch(target, url, whole.length, whole.subarray(0, sent));
            wire[leaving]();
            await served.holds(url, sent);
            wire.close();
            await append(target, url, sent, whole.subarray(sent));
            assert.ok((await ask(target, 'GET', url)).body.equals(whole));
          }
        }
      },
    ),
    t.test(
      'an upload is finished even when its client closes the connection with its last byte',
      async () => {
        const whole = sample(100_000);
        const url = await begin(target, { 'Upload-Length': String(whole.length) });
        for (const upload of [
          url,
          await begin(target, { 'Upload-Length': String(whole.length) }),
        ]) {
          const wire = await beginPatch(target, upload, whole.length, whole);
          if (upload === url) wire.halfClose();
          else wire.close();
          await until(
            'it is finished',
            async () => (await ask(target, 'GET', upload)).status === 200,
          );
          wire.close();
          assert.ok((await ask(target, 'GET', upload)).body.equals(whole));
        }
      },
    ),
    t.test('HEAD beside a stalled writer gives the offset for the next PATCH', async () => {
      const whole = sample(200_000);
      const url = await begin(target, { 'Upload-Length': String(whole.length) });
      const wires: Wire[] = [];
      let offset = 0;
      for (const end of [10_000, 150_000]) {
        const part = whole.subarray(offset, end);
        const rest = whole.length - offset;
        const wire = await beginPatch(target, url, rest, part, { 'Upload-Offset': String(offset) });
        wires.push(wire);
        offset = end;
        await served.holds(url, offset);
        assert.ok(await isWaiting(wire), 'HEAD was answered while the writer stood still');
      }
      // The second has taken over from the first, and this one from the second: were they waited for,
      // an idle timeout of 60 s would have ended them.
      const last = await patch(target, url, offset, whole.subarray(offset));
      assert.equal(last.status, 204);
      for (const wire of wires) assert.equal(await endOf(wire), 423);
      for (const wire of wires) wire.close();
      assert.ok((await ask(target, 'GET', url)).body.equals(whole));
    }),
    t.test(
      'DELETE takes over from a writer, one that has stalled or one in full flow',
      async (t) => {
        for (const flowing of [false, true]) {
          const url = await begin(target, { 'Upload-Length': String(1024 * MIB) });
          const wire = await beginPatch(target, url, 1024 * MIB, sample(10_000));
          await served.holds(url, 10_000);
          const flow = setInterval(() => flowing && wire.write(sample(10_000)), 5);
          t.after(() => clearInterval(flow));
          if (flowing) await until('it flows', async () => (await offsetOf(target, url)) > 50_000);
          assert.ok(existsSync(served.dataFile(url)));
          assert.equal((await ask(target, 'DELETE', url)).status, 204);
          assert.ok(!existsSync(served.dataFile(url)), 'the file is gone with the answer');
          assert.ok(await isGone(target, url));
          assert.equal(await endOf(wire), 423, 'its writer gets an answer');
          assert.ok(await wire.closes(target.limitMs), 'and cut');
          clearInterval(flow);
          wire.close();
          assert.ok(await isGone(target, url));
        }
      },
    ),
    t.test('finished files are downloaded while other uploads are under way', async () => {
      const file = sample(4 * MIB, 9);
      const url = await beginWith(target, file.length, file);
      const whole = sample(MIB);
      const running = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const upload = await begin(target, { 'Upload-Length': String(whole.length) });
          const wire = await beginPatch(target, upload, whole.length, whole.subarray(0, 500_000));
          await served.holds(upload, 500_000);
          return { upload, wire };
        }),
      );
      const parts = [...Array(8).keys()].map(async (at) => {
        const from = at * 500_000;
        const headers = { Range: `bytes=${from}-${from + 499_999}` };
        const reply = await ask(target, 'GET', url, { headers });
        assert.equal(reply.status, 206);
        assert.ok(reply.body.equals(file.subarray(from, from + 500_000)));
      });
      await Promise.all(parts);
      assert.ok((await ask(target, 'GET', url)).body.equals(file));
      for (const { upload, wire } of running) {
        assert.ok(await isWaiting(wire), 'the uploads are under way still');
        assert.equal((await ask(target, 'GET', upload)).status, 409);
        wire.write(whole.subarray(500_000));
        assert.equal((await wire.reply()).status, 204);
        wire.close();
        assert.ok((await ask(target, 'GET', upload)).body.equals(whole));
      }
      assert.equal((await head(target, url)).headers.get('upload-offset'), String(file.length));
    }),
  ]);
  await served.endsWell();
});

test('clients that stall', { concurrency: true }, async (t) => {
  const served = await serve(t, { IDLE_TIMEOUT: '1s' });
  const { target } = served;
  await Promise.all([
    t.test(
      'a client that stalls is cut and its bytes are kept; a slow one that goes on is not',
      async () => {
        const count = 100_000;
        const trickled = sample(count);
        const slowly = await begin(target, { 'Upload-Length': String(count) });
        const slow = await beginPatch(target, slowly, count, Buffer.alloc(0));
        let gone = 0;
        const trickling = new AbortController();
        const trickle = (async () => {
          while (!trickling.signal.aborted) {
            slow.write(trickled.subarray(gone, gone + 1));
            gone += 1;
            await pause(50);
          }
        })();

        const whole = sample(50_000);
        // Three after each other: the slow one lives through several idle periods.
        for (const sent of [0, 5_000, 49_999]) {
          const url = await begin(target, { 'Upload-Length': String(whole.length) });
          const stalled = await beginPatch(target, url, whole.length, whole.subarray(0, sent));
          await served.holds(url, sent);
          const other = await beginWith(target, whole.length, whole);
          assert.ok((await ask(target, 'GET', other)).body.equals(whole), 'others are served');
          const reply = await stalled.reply();
          assert.deepEqual([reply.status, reply.headers.get('upload-offset')], [408, String(sent)]);
          assert.ok(await stalled.closes(target.limitMs), 'the connection is ended');
          stalled.close();
          assert.equal(await offsetOf(target, url), sent);
          await append(target, url, sent, whole.subarray(sent));
          assert.ok((await ask(target, 'GET', url)).body.equals(whole));
        }
        assert.ok(await isWaiting(slow), 'the slow one was not cut');
        trickling.abort();
        await trickle;
        slow.write(trickled.subarray(gone));
        assert.equal((await slow.reply()).status, 204);
        slow.close();
        assert.ok((await ask(target, 'GET', slowly)).body.equals(trickled));
      },
    ),
    t.test('framing that dribbles in without a byte of content counts as silence', async (t) => {
      const chunked = { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' };
      const url = await begin(target, { 'Upload-Length': '100' });
      const extension = await beginPatch(target, url, 0, Buffer.from('3\r\nabc\r\n5;x='), chunked);
      const dribble = setInterval(() => extension.write(Buffer.from('y')), 50);
      t.after(() => clearInterval(dribble));
      assert.equal(await endOf(extension), 408);
      clearInterval(dribble);
      extension.close();
      assert.equal(await offsetOf(target, url), 3);
    }),
    t.test('a download that is not read ends, and its file closes', async () => {
      // More than what the kernel's buffers on both sides take.
      const size = 32 * MIB;
      const url = await beginWith(target, size, Buffer.alloc(size, 'x'));
      const { hostname, port, pathname, host } = new URL(url);
      const reader = connect({ host: hostname, port: Number(port) });
      reader.on('error', () => {});
      reader.pause();
      reader.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const id = url.slice(target.url.length);
      await until('the daemon has given it up', () =>
        served.daemon
          .output()
          .split('\n')
          .some((line) => line.includes(id) && line.includes('"GET"')),
      );
      let came = 0;
      reader.on('data', (bytes) => (came += bytes.length)).resume();
      await until('its connection has ended', () => reader.closed);
      assert.ok(came < size, `${came} bytes came`);
    }),
  ]);
  await served.endsWell();
});
