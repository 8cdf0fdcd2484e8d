import assert from 'node:assert/strict';
import { test } from 'node:test';
import { creationWait } from '../../src/limits/creation-rate.ts';

/** The moments (seconds) at which creations were allowed, when one is tried `every` so many seconds. */
function allowed(limit: number, every: number, seconds: number): number[] {
  const counts = new Map<number, number>();
  const moments: number[] = [];
  for (let at = 0; at < seconds; at += every) {
    const bucket = Math.floor(at / 60);
    const moment = { bucket, passed: at / 60 - bucket };
    const count = counts.get(bucket) ?? 0;
    if (creationWait(limit, counts.get(bucket - 1) ?? 0, count, moment) > 0) continue;
    counts.set(bucket, count + 1);
    moments.push(at);
  }
  return moments;
}

test('no 60 seconds have many more creations than the limit, not even around the turn of a minute', () => {
  for (const limit of [1, 2, 5, 60]) {
    const moments = allowed(limit, 0.25, 1_200);
    for (const start of moments) {
      const within = moments.filter((at) => at >= start && at < start + 59).length;
      assert.ok(within <= limit * 1.5, `${within} of ${limit} from ${start}`);
    }
    // Over time the limit can be used.
    assert.ok(moments.length >= (1_200 / 60) * limit * 0.5, `${moments.length} of ${limit}`);
  }
});

test('a creation is allowed after Retry-After, and not much earlier', () => {
  for (const limit of [1, 3, 10]) {
    for (let before = 0; before <= limit; before++) {
      for (let count = 0; count <= limit; count++) {
        for (const passed of [0, 0.3, 0.99]) {
          const wait = creationWait(limit, before, count, { bucket: 7, passed });
          const later = (seconds: number) => {
            const at = passed + seconds / 60;
            const turns = Math.floor(at + 1e-9);
            const sums: [number, number] =
              turns === 0 ? [before, count] : turns === 1 ? [count, 0] : [0, 0];
            return creationWait(limit, ...sums, { bucket: 7 + turns, passed: at - turns });
          };
          const named = `${limit} ${before} ${count} ${passed} ${wait}`;
          assert.ok(later(wait + 0.001) === 0, named);
          if (wait > 1) assert.ok(later(wait - 1.01) > 0, named);
        }
      }
    }
  }
});
