import { contentOf, GOOD_SENDERS, type Known } from '../ledger.ts';
import type { Job } from '../plan.ts';
import { randomOf } from '../random.ts';
import type { Simulation } from '../simulation.ts';
import type { Bringing } from './bringing.ts';
import { isFault, Sender } from './sender.ts';

/** How an upload ends for its client. lost: the server knows it no more, and it begins anew. */
type End = 'finished' | 'removed' | 'refused' | 'lost';

/** Does what one client is about, and does not give up before it is done. */
export async function runJob(sim: Simulation, job: Job): Promise<void> {
  const random = randomOf(job.seed);
  const client = new Sender(sim, job, random, random.between(1, GOOD_SENDERS));
  await sim.scheduler.wait(job.startsAt);
  for (;;) {
    const end = job.kind === 'parts' ? await parts(client) : await single(client, 'single');
    if (end !== 'lost') return;
  }
}

async function single(client: Sender, kind: 'single' | 'partial', made?: Known): Promise<End> {
  const { sim, job } = client;
  const known = made ?? (await begin(client, kind));
  if (kind === 'single') joinIn(client, known);
  const end = await sendAll(client, known);
  if (end === 'lost' && made) throw new Error('an upload that was made for others was lost');
  sim.trace(() => `client: ${known.id} is ${end}`);
  return end === 'lost' && job.deletesAfter !== null && known.removalAsked ? 'removed' : end;
}

/** Creates until a creation is confirmed. */
async function begin(client: Sender, kind: 'single' | 'partial'): Promise<Known> {
  const { job, random } = client;
  for (;;) {
    try {
      const bringing = job.kind === 'with-creation' ? bring(client, 0, job.length) : undefined;
      const length = job.kind === 'deferred' ? null : job.length;
      const { known } = await client.create(kind, length, bringing);
      return known;
    } catch (error) {
      await again(client, error, random.between(100, 1_000));
    }
  }
}

async function sendAll(client: Sender, known: Known): Promise<End> {
  const { job, random } = client;
  // Most clients look only when something went wrong.
  let trusts = random.chance(0.7);
  for (;;) {
    try {
      if (trusts) {
        trusts = false;
        if (known.finished) return 'finished';
        await send(client, known, known.acknowledged.length, job.kind === 'deferred');
        if (known.finished) return 'finished';
      }
      const { record, offset } = await client.head(known);
      if (record.state === 'finished') return 'finished';
      if (record.refusal !== null) return 'refused';
      await send(client, known, offset ?? 0, record.length === null);
      if (known.finished && random.chance(0.7)) return 'finished';
    } catch (error) {
      if (isFault(error, 'GONE', 'NOT_FOUND')) return known.removalAsked ? 'removed' : 'lost';
      if (isFault(error, 'REFUSED')) return 'refused';
      await again(client, error, isFault(error, 'LOCKED') ? 2_000 : random.between(10, 1_000));
    }
  }
  /** Sends one request after the other until one does not end as it should. */
  async function send(client: Sender, known: Known, from: number, deferred: boolean) {
    let declared = !deferred;
    for (let offset = from; ; ) {
      const bringing = bring(client, offset, job.length);
      const declares = !declared && (bringing.to === job.length || random.chance(0.3));
      const length = declares ? { length: job.length } : {};
      const outcome = await client.append(known, offset, bringing, length);
      declared ||= declares;
      offset = outcome.offset;
      if (outcome.finished || outcome.interrupted !== null) return;
      if (offset === job.length) return;
    }
  }
}

function bring({ job, random }: Sender, offset: number, length: number): Bringing {
  const rude = random.chance(job.rude);
  const whole = job.checksums;
  const to = Math.min(length, offset + random.between(1, job.most));
  return {
    to: Math.max(offset, to),
    whole,
    wrong: whole && (rude || random.chance(0.15)),
    breaks: random.chance(job.breaks),
    over: rude && to === length && !whole && job.kind !== 'deferred' ? random.between(1, 5) : 0,
  };
}

async function parts(client: Sender): Promise<End> {
  const { job, sim, random } = client;
  const made: Known[] = [];
  for (let part = 0; part < job.parts; part += 1) made.push(await begin(client, 'partial'));
  const doomed = job.deletesAfter === null ? undefined : random.pick(made);
  if (doomed) sim.start(deleteLater(client, doomed, job.deletesAfter!));
  let final = job.finalFirst ? await joined(client, made) : undefined;
  const without = () => (made.some(({ removalAsked }) => removalAsked > 0) ? 'removed' : 'lost');
  if (job.finalFirst && !final) return without();
  const ends = await Promise.all(made.map((known) => sendAll(client, known)));
  if (ends.includes('lost')) return 'lost';
  if (ends.includes('removed')) return 'removed';
  final ??= await joined(client, made);
  if (!final) return without();
  for (;;) {
    try {
      const { record } = await client.head(final);
      if (record.state === 'finished') return 'finished';
      if (record.refusal !== null) return 'refused';
      // It was deleted while the final upload was made: nobody can join it any more.
      if (made.some(({ going }) => going)) return 'removed';
      await sim.scheduler.wait(5_000);
    } catch (error) {
      if (isFault(error, 'GONE', 'NOT_FOUND')) return final.removalAsked ? 'removed' : 'lost';
      await again(client, error, random.between(100, 1_000));
    }
  }
}

/** Asks for the final upload until it is there; undefined when a part is gone. */
async function joined(client: Sender, made: readonly Known[]): Promise<Known | undefined> {
  for (;;) {
    try {
      return await client.concatenate(made);
    } catch (error) {
      if (isFault(error, 'BAD_REQUEST', 'REFUSED', 'GONE')) return undefined;
      await again(client, error, client.random.between(100, 1_000));
    }
  }
}

/** Who else is at the upload: a rival who sends other bytes, one who only looks, one who deletes. */
function joinIn(client: Sender, known: Known): void {
  const { sim, job } = client;
  const random = client.random.fork(known.number);
  if (job.rival)
    sim.start(rival(new Sender(sim, job, random, (client.sender % GOOD_SENDERS) + 1), known));
  if (job.looks > 0) sim.start(watch(client, known));
  if (job.deletesAfter !== null) sim.start(deleteLater(client, known, job.deletesAfter));
}

async function rival(client: Sender, known: Known): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await client.sim.scheduler.wait(client.random.below(20));
    await client
      .head(known)
      .then(({ offset }) =>
        client.append(known, offset ?? 0, bring(client, offset ?? 0, client.job.length)),
      )
      .catch(() => {});
  }
}

async function watch(client: Sender, known: Known): Promise<void> {
  const { sim, random, job } = client;
  for (let round = 0; round < job.looks; round += 1) {
    await sim.scheduler.wait(random.below(random.pick([3, 15, 1_500])));
    await client.head(known).catch(() => {});
  }
}

async function deleteLater(client: Sender, known: Known, after: number): Promise<void> {
  await client.sim.scheduler.wait(after);
  for (;;) {
    try {
      await client.remove(known);
      return;
    } catch (error) {
      if (isFault(error, 'GONE', 'NOT_FOUND')) return;
      // A final upload needs it.
      if (known.kind === 'partial' && isFault(error, 'CONFLICT')) return;
      await again(client, error, 500);
    }
  }
}

async function again({ sim }: Sender, error: unknown, wait: number): Promise<void> {
  sim.trace(() => `client: ${error instanceof Error ? error.message : error}`);
  await sim.scheduler.wait(wait);
}

/** What a whole upload of one sender would be. */
export function wholeOf({ number }: Known, sender: number, length: number): Buffer {
  return contentOf(number, sender, 0, length);
}
