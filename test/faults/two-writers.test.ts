import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { beginPatch } from '../../conformance/interrupted.ts';
import { append, ask, begin, beginWith, offsetOf, patch, sample } from '../../conformance/tus.ts';
import { effort } from './support/effort.ts';
import { chooseSeed, createRandom, type Random } from './support/random.ts';
import { endOf, type Served, serve } from './support/served.ts';

/** What one of several writers wants to bring, in slices that go out in turn with the others'. */
interface Writer {
  readonly body: Buffer;
  readonly slice: number;
  readonly checksum: boolean;
}

function chooseWriter(random: Random, length: number, seed: number): Writer {
  return {
    body: sample(length, seed),
    slice: random.pick([length, Math.ceil(length / 2), 20_000]),
    checksum: random.chance(0.3),
  };
}

/** Sends all bodies at one offset at once; resolves with the ends of the requests, in order. */
async function race(served: Served, url: string, offset: number, writers: readonly Writer[]) {
  const wires = await Promise.all(
    writers.map(({ body, checksum }) => {
      const digest = createHash('sha1').update(body).digest('base64');
      return beginPatch(served.target, url, body.length, Buffer.alloc(0), {
        'Upload-Offset': String(offset),
        ...(checksum ? { 'Upload-Checksum': `sha1 ${digest}` } : {}),
      });
    }),
  );
  for (let turn = 0; writers.some(({ body, slice }) => turn * slice < body.length); turn += 1) {
    for (const [index, { body, slice }] of writers.entries()) {
      wires[index]!.write(body.subarray(turn * slice, (turn + 1) * slice));
    }
    await pause(0);
  }
  const ends = await Promise.all(wires.map(endOf));
  for (const wire of wires) wire.close();
  return ends;
}

test('of writers at one offset exactly one wins, and the file is never a mixture', async (t) => {
  const served = await serve(t);
  const { target } = served;
  const seed = chooseSeed();
  t.diagnostic(`TUSD_TS_SEED=${seed}`);
  const random = createRandom(seed);
  const stretches = 5;
  const wins = new Map<number, number>();
  const raceToTheEnd = async (choices: Random) => {
    const length = choices.int(1, 100_000);
    const url = await begin(target, { 'Upload-Length': String(length * stretches) });
    const expected: Buffer[] = [];
    for (let stretch = 0; stretch < stretches; stretch += 1) {
      const writers = Array.from({ length: choices.pick([2, 2, 3]) }, (_, at) =>
        chooseWriter(choices, length, stretch * 10 + at),
      );
      const ends = await race(served, url, stretch * length, writers);
      const winner = ends.indexOf(204);
      wins.set(winner, (wins.get(winner) ?? 0) + 1);
      for (const [index, end] of ends.entries()) {
        if (index === winner) assert.equal(end, 204);
        else assert.ok(end === 409 || end === 423, `${ends.join(', ')} in stretch ${stretch}`);
      }
      assert.equal(await offsetOf(target, url), (stretch + 1) * length);
      expected.push(writers[winner]!.body);
      assert.ok(readFileSync(served.dataFile(url)).equals(Buffer.concat(expected)));
    }
    assert.ok((await ask(target, 'GET', url)).body.equals(Buffer.concat(expected)));
  };
  for (let round = effort({ short: 6, long: 100 }); round > 0; round -= 1) {
    await Promise.all(Array.from({ length: 4 }, () => raceToTheEnd(random.branch())));
  }
  t.diagnostic(`wins by place: ${JSON.stringify(Object.fromEntries(wins))}`);
  await served.endsWell();
});

test('a writer that vanishes in a race leaves its own first bytes or none', async (t) => {
  const served = await serve(t);
  const { target } = served;
  const seed = chooseSeed();
  t.diagnostic(`TUSD_TS_SEED=${seed}`);
  const random = createRandom(seed);
  const seen = new Set<unknown>();
  const vanishInARace = async (choices: Random) => {
    const length = choices.int(2, 200_000);
    const [mine, theirs] = [sample(length, 1), sample(length, 2)];
    const url = await begin(target, { 'Upload-Length': String(length) });
    const open = () => beginPatch(target, url, length, Buffer.alloc(0));
    const first = await open();
    const second = await open();
    const [vanishing, staying] = choices.chance(0.7) ? [first, second] : [second, first];
    const sent = choices.pick([0, choices.int(0, length - 1)]);
    vanishing.write(mine.subarray(0, sent));
    const half = choices.int(0, length);
    staying.write(theirs.subarray(0, half));
    for (let turns = choices.int(0, 10); turns > 0; turns -= 1) await pause(0);
    vanishing.reset();
    staying.write(theirs.subarray(half));
    const end = await endOf(staying);
    staying.close();
    seen.add(end);
    const bytes = readFileSync(served.dataFile(url));
    assert.equal(await offsetOf(target, url), bytes.length);
    if (end === 204) assert.ok(bytes.equals(theirs));
    else {
      assert.equal(end, 409);
      assert.ok(bytes.length > 0 && bytes.length <= sent);
      assert.ok(bytes.equals(mine.subarray(0, bytes.length)));
      await append(target, url, bytes.length, mine.subarray(bytes.length));
      assert.ok((await ask(target, 'GET', url)).body.equals(mine));
    }
  };
  for (let round = effort({ short: 8, long: 200 }); round > 0; round -= 1) {
    await Promise.all(Array.from({ length: 4 }, () => vanishInARace(random.branch())));
  }
  t.diagnostic(`the one that stayed was answered with ${[...seen].join(', ')}`);
  await served.endsWell();
});

test('a writer that was taken over adds no more bytes', async (t) => {
  const served = await serve(t);
  const { target } = served;
  const [mine, theirs] = [sample(100_000, 1), sample(100_000, 2)];
  const url = await begin(target, { 'Upload-Length': '100000' });
  const silent = await beginPatch(target, url, 100_000, mine.subarray(0, 40_000));
  await served.holds(url, 40_000);
  const reply = await patch(target, url, 40_000, theirs.subarray(40_000, 70_000));
  assert.equal(reply.status, 204);
  // It wakes up and goes on as if nothing had happened.
  silent.write(mine.subarray(40_000));
  assert.equal(await endOf(silent), 423);
  silent.close();
  assert.equal(await offsetOf(target, url), 70_000);
  await append(target, url, 70_000, mine.subarray(70_000));
  const parts = [mine.subarray(0, 40_000), theirs.subarray(40_000, 70_000), mine.subarray(70_000)];
  assert.ok((await ask(target, 'GET', url)).body.equals(Buffer.concat(parts)));

  const other = await beginWith(target, 10, Buffer.from('0123456789'));
  assert.equal((await patch(target, other, 0, Buffer.from('9876543210'))).status, 409);
  assert.equal(String((await ask(target, 'GET', other)).body), '0123456789');
  await served.endsWell();
});
