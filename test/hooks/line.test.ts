import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Line } from '../../src/hooks/delivery/line.ts';
import { Outage } from '../../src/hooks/delivery/outage.ts';
import type { StoredDelivery } from '../../src/storage/model/delivery.ts';
import type { Outbox } from '../../src/storage/store.ts';

function lineOver(claim: () => Promise<StoredDelivery[]>) {
  const hook = { name: 'receiver', maxAgeMs: 1_000 };
  const receiver = { hook, transport: { send: () => assert.fail('nothing is sent') } };
  const outage = new Outage('receiver', () => {}, Math.random);
  return { line: new Line(receiver as never, outage), outbox: { claim } as unknown as Outbox };
}

const delivery = (seq: number) => ({ seq }) as StoredDelivery;

test('what was delivered and recorded while the outbox was read is not sent again', async () => {
  let answer: (due: StoredDelivery[]) => void = () => {};
  let first = true;
  const { line, outbox } = lineOver(() => {
    if (first) return Promise.resolve([delivery(1)]);
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  assert.equal((await line.fetch(outbox, 0))?.seq, 1);
  first = false;
  const reading = line.fetch(outbox, 0);
  // The query has seen the row before it was settled, and its answer comes later.
  line.letGo(1);
  answer([delivery(1), delivery(2)]);
  assert.equal((await reading)?.seq, 2);
  assert.equal(line.next(), undefined);
  const again = line.fetch(outbox, 0);
  answer([delivery(1)]);
  assert.equal((await again)?.seq, 1);
});
