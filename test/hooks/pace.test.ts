import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../src/hooks/delivery/pace.ts';

/** A loop that is busy for a share of every tenth of a second, while deliveries take what they get. */
function createLoop() {
  let now = 1_000;
  let idle = 500;
  const pace = new Pace(() => idle);
  return {
    /** Deliveries that go out in a tenth of a second, of `wanted`. */
    tenth(busy: number, { uploads, wanted = 1_000 }: { uploads: boolean; wanted?: number }) {
      if (uploads) pace.uploadChanged();
      now += 100;
      idle += 100 * (1 - busy);
      const count = Math.min(wanted, pace.room(now));
      pace.took(count);
      return count;
    },
  };
}

test('without uploads, or with time left, deliveries go out as fast as they can', () => {
  const { tenth } = createLoop();
  assert.equal(tenth(1, { uploads: false }), 1_000);
  assert.equal(tenth(1, { uploads: false }), 1_000);
  assert.equal(tenth(0.8, { uploads: true }), 1_000);
});

test('where uploads leave no time, deliveries give way and never stop', () => {
  const { tenth } = createLoop();
  tenth(0.5, { uploads: true });
  const counts = Array.from({ length: 10 }, () => tenth(1, { uploads: true }));
  assert.deepEqual(counts, [500, 250, 125, 63, 32, 16, 10, 10, 10, 10]);
});

test('when there is time again they become faster step by step, and at once when uploads pause', () => {
  const { tenth } = createLoop();
  for (let times = 0; times < 20; times += 1) tenth(1, { uploads: true });
  const counts = Array.from({ length: 4 }, () => tenth(0.5, { uploads: true }));
  assert.deepEqual(counts, [13, 16, 20, 25]);
  assert.equal(tenth(1, { uploads: false }), 1_000);
});
