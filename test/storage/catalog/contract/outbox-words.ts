import assert from 'node:assert/strict';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import type { NewDelivery } from '../../../../src/storage/model/events.ts';
import { creation, delivery } from './subject.ts';

/** Short words for what a test does with the outbox of a catalog; the hook is "app". */
export function wordsFor(catalog: Catalog) {
  const { outbox } = catalog;
  const seqOf = async (upload: string, event: string) => {
    const found = (await outbox.list({ upload })).find((one) => one.event === event);
    assert.ok(found, `${upload} ${event}`);
    return found.seq;
  };
  return {
    outbox,
    seqOf,
    /** Adds deliveries by a unit of work: that which makes the upload, or which finishes it. */
    async add(upload: string, at: number, ...deliveries: readonly (string | NewDelivery)[]) {
      const made = deliveries.map((one) => (typeof one === 'string' ? delivery(one) : one));
      const held = await catalog.beginAppend(upload, at);
      if (!held) await catalog.createUpload(creation({ id: upload }, { deliveries: made, at }));
      else await catalog.finish(held.lease!, { change: {}, timeline: [], deliveries: made, at });
    },
    async due(at: number, hook = 'app') {
      const found = await outbox.claim(hook, at, 100);
      return found.map(({ upload, event }) => `${upload} ${event}`);
    },
    async settle(upload: string, event: string, at: number, state: 'delivered' | 'dead') {
      const seq = await seqOf(upload, event);
      const dead = { seq, state: 'dead', error: 'given up', attempted: true } as const;
      await outbox.settle([state === 'dead' ? dead : { seq, state }], at);
    },
    async fail(upload: string, event: string, startedAt: number, nextAt: number) {
      const seq = await seqOf(upload, event);
      await outbox.settle([{ seq, state: 'pending', error: 'no', startedAt, nextAt }], startedAt);
    },
  };
}
