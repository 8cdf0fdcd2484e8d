import assert from 'node:assert/strict';
import { idOf, locationOf, offsetOf } from '../../support/tus.ts';
import { until } from '../../support/until.ts';
import type { Client, Plan } from './client.ts';
import type { Expected, Ledger } from './ledger.ts';

/** Uploads one thing after another until the world is over. */
export async function uploadUntilOver(client: Client, ledger: Ledger): Promise<void> {
  while (!client.world.over) {
    const scenario = client.random.pick([single, single, single, joined, joined, abandoned]);
    await scenario(client, ledger);
  }
}

function choosePlan({ random }: Client, entry: Expected): Plan {
  const mode = random.pick(['plain', 'plain', 'header', 'trailer'] as const);
  const { length } = entry.bytes;
  const first = random.pick([0, 0, random.int(0, length), length]);
  const deferred = first < length && random.chance(0.2);
  return { mode, deferred, first };
}

/** An upload that comes to its end; some are deleted then. */
async function single(client: Client, ledger: Ledger): Promise<void> {
  const entry = ledger.enter(client.random, 'single');
  const plan = choosePlan(client, entry);
  await client.create(entry, plan);
  await client.transfer(entry, plan);
  await client.download(entry);
  if (client.random.chance(0.2)) await remove(client, entry);
}

async function remove(client: Client, entry: Expected): Promise<void> {
  entry.fate = 'deleting';
  const { status, body } = await client.insist('DELETE', entry.id!);
  // A kill may have taken the answer of the first attempt.
  assert.ok([204, 404, 410].includes(status), `DELETE of ${entry.key}: ${status} ${body}`);
  entry.fate = 'deleted';
}

/** Parts side by side, and the upload that they make, announced before or after they are done. */
async function joined(client: Client, ledger: Ledger): Promise<void> {
  const { random } = client;
  const parts = Array.from({ length: random.int(1, 3) }, () => ledger.enter(random, 'partial'));
  const plans = parts.map((part) => ({ ...choosePlan(client, part), deferred: false }));
  const final = ledger.join(parts);
  const early = random.chance(0.4);
  await Promise.all(parts.map((part, index) => client.create(part, plans[index]!)));
  if (early) await announce(client, final, parts);
  await Promise.all(parts.map((part, index) => client.transfer(part, plans[index]!)));
  if (!early) await announce(client, final, parts);
  await until(
    `${final.key} (${final.id}) is joined`,
    async () => {
      const reply = await client.insist('HEAD', final.id!);
      assert.equal(reply.status, 200, `HEAD of ${final.key}: ${reply.status}`);
      return offsetOf(reply) === final.bytes.length;
    },
    60_000,
  );
  await client.download(final);
}

async function announce(client: Client, final: Expected, parts: Expected[]): Promise<void> {
  const { pathname } = new URL((await client.world.up()).url);
  const headers = {
    'Upload-Concat': `final;${parts.map(({ id }) => pathname + id).join(' ')}`,
    'Upload-Metadata': `key ${Buffer.from(final.key).toString('base64')}`,
  };
  for (;;) {
    const reply = await client.ask('POST', null, { headers });
    if (!reply) continue;
    final.id = idOf(locationOf('http://daemon/', reply));
    return;
  }
}

/** An upload whose client never comes back: it is for cleanup to remove. */
async function abandoned(client: Client, ledger: Ledger): Promise<void> {
  const entry = ledger.enter(client.random, 'single');
  const plan = { ...choosePlan(client, entry), first: 0 };
  await client.create(entry, plan);
  await client.transfer(entry, plan, client.random.int(0, entry.bytes.length - 1));
  entry.fate = 'abandoned';
  client.world.age(entry.id!);
}
