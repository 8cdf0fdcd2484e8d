import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { finalOf, untilJoined } from '../../conformance/joined.ts';
import { foreignTarget } from '../../conformance/target.ts';
import { begin, sample } from '../../conformance/tus.ts';
import { startDaemon } from '../support/command.ts';
import { sha256Of, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Plan, plan, sendByPlan } from './split-plan.ts';

/** Bytes; enough for several chunks of a socket. */
const LARGEST = 300_000;

interface Split {
  /** One plan for each part; a single one is an upload of its own. */
  readonly parts: readonly { readonly size: number; readonly plan: Plan }[];
  readonly seed: number;
  /** The final upload is announced before its parts are finished. */
  readonly early: boolean;
  /** The first part stands at the end once more. */
  readonly twice: boolean;
}

const part = fc.record({
  size: fc.oneof(
    fc.constant(0),
    fc.integer({ max: 100, min: 1 }),
    fc.integer({ max: LARGEST, min: 1 }),
  ),
  plan,
});
const split: fc.Arbitrary<Split> = fc.record({
  parts: fc.oneof(
    { weight: 2, arbitrary: fc.array(part, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(part, { minLength: 2, maxLength: 4 }) },
  ),
  seed: fc.nat(1_000),
  early: fc.boolean(),
  twice: fc.boolean(),
});

test('however a file is split, interrupted and corrupted on its way, the same bytes arrive', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const target = foreignTarget(daemon.url);
  let runs = 0;

  /** Sends every part by its plan and joins them; gives the URL of the whole and what it must be. */
  async function upload({ parts, seed, early, twice }: Split) {
    const contents = parts.map(({ size }, index) => sample(size, seed + index));
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      const content = contents[0] ?? Buffer.alloc(0);
      return { url: await sendByPlan(target, content, only.plan, {}), expected: content };
    }
    const partial = { 'Upload-Concat': 'partial' };
    const order = twice ? [...parts.keys(), 0] : [...parts.keys()];
    const expected = Buffer.concat(order.map((index) => contents[index] ?? Buffer.alloc(0)));
    const join = (urls: string[]) =>
      begin(target, { 'Upload-Concat': finalOf(order.map((index) => urls[index] ?? '')) });
    if (!early) {
      const urls: string[] = [];
      for (const [index, { plan }] of parts.entries()) {
        urls.push(await sendByPlan(target, contents[index] ?? Buffer.alloc(0), plan, partial));
      }
      return { url: await join(urls), expected };
    }
    const urls = await Promise.all(
      contents.map(({ length }) => begin(target, { ...partial, 'Upload-Length': String(length) })),
    );
    const url = await join(urls);
    await Promise.all(
      parts.map(({ plan }, index) =>
        sendByPlan(target, contents[index] ?? Buffer.alloc(0), plan, partial, urls[index]),
      ),
    );
    return { url, expected };
  }

  const property = fc.asyncProperty(split, async (given) => {
    const { url, expected } = await upload(given);
    await untilJoined(target, url);
    assert.equal(await sha256OfUrl(url), sha256Of(expected), 'in a download');
    const onDisk = await readFile(join(folder, 'tus', url.slice(daemon.url.length)));
    assert.equal(sha256Of(onDisk), sha256Of(expected), 'on the disk');
    runs += 1;
  });
  await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 15_000 });

  t.diagnostic(`${runs} splits`);
  assert.ok(runs >= 5, `only ${runs} splits could be tried`);
  assert.equal(await daemon.stop(), 0);
});
