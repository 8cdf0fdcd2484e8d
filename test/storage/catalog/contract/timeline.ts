import assert from 'node:assert/strict';
import type { Catalog, Lease } from '../../../../src/storage/catalog/catalog.ts';
import type { TimelineEvent } from '../../../../src/storage/model/timeline.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { CALLER } from '../../support/caller.ts';
import { type Contract, creation, NOW } from './subject.ts';

const { origin } = CALLER;

type Received = Extract<TimelineEvent, { event: 'received' }>;

function received(
  from: number,
  to: number,
  until: number,
  change: Partial<Received> = {},
): Received {
  return { event: 'received', from, to, requests: 1, until, origin, interrupted: null, ...change };
}

async function add(catalog: Catalog, lease: Lease, ...entries: Received[]): Promise<void> {
  for (const entry of entries) {
    await catalog.record(lease, { change: {}, timeline: [entry], at: entry.until });
  }
}

export function timelineContract({ promise }: Contract): void {
  promise('an adopted upload has its record and its history, and no lease', async (catalog) => {
    const { record } = creation({ state: 'finished', offset: 10, crc32: 7, finishedAt: NOW });
    const timeline = [
      { at: NOW - 9, event: 'created', origin },
      { at: NOW - 8, ...received(0, 10, NOW - 7) },
      { at: NOW - 7, event: 'finished' },
    ] as const;
    const stored = await catalog.adopt({ record, timeline });
    assert.deepEqual(stored, { ...record, seq: stored.seq });
    assert.deepEqual(await catalog.get('a'), stored);
    assert.deepEqual(await catalog.timeline(stored), timeline);
    assert.equal(await catalog.isLeased('a', NOW), false);
    assert.deepEqual(await catalog.outbox.list({}), []);
    const again = catalog.adopt({ record: { ...record, length: 99 }, timeline: [] });
    assert.equal((await faultOf(again)).code, 'CONFLICT');
    assert.deepEqual(await catalog.timeline(stored), timeline);
  });

  promise('what happened comes back in order, each upload for itself', async (catalog) => {
    const a = await catalog.createLeased(
      creation({}, { timeline: [{ event: 'created', origin }] }),
    );
    const b = await catalog.createLeased(creation({ id: 'b' }));
    const refused = { event: 'refused', why: 'too\nlarge' } as const;
    const declared = { event: 'length-declared', length: 7 } as const;
    await catalog.record(a.lease, { change: {}, timeline: [refused, declared], at: NOW + 1 });
    assert.deepEqual(await catalog.timeline(a.record), [
      { at: NOW, event: 'created', origin },
      { at: NOW + 1, ...refused },
      { at: NOW + 1, ...declared },
    ]);
    assert.deepEqual(await catalog.timeline(b.record), []);
  });

  promise('a terabyte in small requests is one line', async (catalog) => {
    const { record, lease } = await catalog.createLeased(creation());
    for (let request = 0; request < 100; request++) {
      await add(catalog, lease, received(request * 5, request * 5 + 5, request * 1000));
    }
    const merged = received(0, 500, 99_000, { requests: 100 });
    assert.deepEqual(await catalog.timeline(record), [{ at: 0, ...merged }]);
  });

  promise('requests that do not follow one another are lines of their own', async (catalog) => {
    const { record, lease } = await catalog.createLeased(creation());
    const elsewhere = { ...origin, address: '192.0.2.7' };
    await add(
      catalog,
      lease,
      received(0, 5, 1),
      received(5, 8, 2, { interrupted: 'reset' }),
      received(8, 9, 3),
      received(9, 10, 4, { origin: elsewhere }),
      received(10, 11, 60_004, { origin: elsewhere }),
      received(12, 13, 60_005, { origin: elsewhere }),
    );
    assert.deepEqual(await catalog.timeline(record), [
      { at: 1, ...received(0, 8, 2, { requests: 2, interrupted: 'reset' }) },
      { at: 3, ...received(8, 9, 3) },
      { at: 4, ...received(9, 10, 4, { origin: elsewhere }) },
      { at: 60_004, ...received(10, 11, 60_004, { origin: elsewhere }) },
      { at: 60_005, ...received(12, 13, 60_005, { origin: elsewhere }) },
    ]);
  });

  promise(
    'a client that fails for ever does not fill the catalog, and its last failure is kept',
    async (catalog) => {
      const { record, lease } = await catalog.createLeased(
        creation({}, { timeline: [{ event: 'created', origin }] }),
      );
      for (let request = 1; request <= 50; request++) {
        const timeline: TimelineEvent[] = [];
        for (let line = 0; line < 25; line++) {
          timeline.push(received(0, 0, request, { interrupted: 'reset' }));
          timeline.push({ event: 'rejected', why: `no. ${request}`, origin });
        }
        await catalog.record(lease, { change: {}, timeline, at: request });
      }
      await catalog.finish(lease, { change: {}, timeline: [], deliveries: [], at: 51 });
      const entries = await catalog.timeline(record);
      assert.equal(entries.length, 1_001);
      assert.equal(entries[0]?.event, 'created');
      assert.deepEqual(entries.slice(-2), [
        { at: 50, event: 'rejected', why: 'no. 50', origin },
        { at: 51, event: 'finished' },
      ]);
    },
  );
}
