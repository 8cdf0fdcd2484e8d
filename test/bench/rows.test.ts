import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Outcome, toRows } from '../../bench/works/rows.ts';

function outcome(kind: Outcome['subject']['kind'], samples: Outcome['samples']): Outcome {
  const start = () => Promise.reject(new Error('not started here'));
  return { subject: { name: kind, kind, start }, samples };
}

test('a row has the medians of its rounds, the highest peak, and ratios to stock and the ceiling', () => {
  const [ours, stock] = toRows([
    outcome('ours', [
      { mibPerSecond: 900, cpuPerGib: 1, peakMib: 70, p99: 3 },
      { mibPerSecond: 1200, cpuPerGib: 3, peakMib: 90, p99: 1 },
      { mibPerSecond: 1000, cpuPerGib: 2, peakMib: 80, p99: 2 },
    ]),
    outcome('stock', [{ mibPerSecond: 500, cpuPerGib: 4 }]),
    outcome('ceiling', [{ mibPerSecond: 2000, cpuPerGib: 1 }]),
  ]);
  assert.deepEqual(ours?.figures, {
    mibPerSecond: 1000,
    spreadPercent: 30,
    versusStock: 2,
    versusCeiling: 0.5,
    cpuPerGib: 2,
    cpuVersusCeiling: 2,
    peakMib: 90,
    p99: 2,
  });
  assert.equal(ours?.rounds, 3);
  assert.equal(stock?.figures.versusStock, 1);
  assert.equal(stock?.figures.spreadPercent, undefined, 'one round has no spread');
});

test('without stock or a ceiling there are no ratios, and a failed row has no figures', () => {
  const failed = { ...outcome('ceiling', []), error: 'it ended' };
  const [ours, row] = toRows([outcome('ours', [{ perSecond: 10, cpuPer1000: 1 }]), failed]);
  assert.deepEqual(ours?.figures, { perSecond: 10, cpuPer1000: 1 });
  assert.deepEqual(row, {
    subject: 'ceiling',
    rounds: 0,
    figures: {},
    samples: [],
    error: 'it ended',
  });
});
