import { Fault, type FaultCode } from '../../../src/fault.ts';
import type { Caller, UploadRecord } from '../../../src/storage/model/upload.ts';
import { createUpload } from '../../../src/storage/uploads/making/create.ts';
import { concatenate } from '../../../src/storage/uploads/making/join.ts';
import { type AppendRequest, appendBody } from '../../../src/storage/uploads/receiving/append.ts';
import type { AppendOutcome, BodyRequest } from '../../../src/storage/uploads/receiving/receive.ts';
import { terminate } from '../../../src/storage/uploads/removing/remove.ts';
import { EXPLICIT } from '../daemon.ts';
import { contentOf, type Known } from '../ledger.ts';
import type { Job } from '../plan.ts';
import type { Random } from '../random.ts';
import type { Simulation } from '../simulation.ts';
import { Violation } from '../violation.ts';
import { type Bringing, described } from './bringing.ts';
import { Sending } from './sending.ts';
import { SimulatedBody } from './simulated-body.ts';
import { TusRequests } from './tus-requests.ts';

const CALLER: Caller = {
  origin: { protocol: 'simulated', address: '192.0.2.1', agent: null },
  request: null,
};

/** The requests of one client. Each says what the ledger must know. */
export class Sender {
  readonly sim: Simulation;
  readonly job: Job;
  readonly random: Random;
  /** Tells this client's bytes from those of others. */
  readonly sender: number;
  readonly #tus: TusRequests;
  readonly #sending: Sending;

  constructor(sim: Simulation, job: Job, random: Random, sender: number) {
    this.sim = sim;
    this.job = job;
    this.random = random;
    this.sender = sender;
    this.#sending = new Sending(this);
    this.#tus = new TusRequests((id) => sim.world.journal.records.rows.get(id)!.record);
  }

  /** Makes an upload, with its first bytes when `bringing` says so. */
  async create(
    kind: 'single' | 'partial',
    length: number | null,
    bringing?: Bringing,
  ): Promise<{ known: Known; outcome: AppendOutcome }> {
    let known: Known | undefined;
    let body: SimulatedBody | undefined;
    this.sim.trace(
      () =>
        `client ${this.sender}: POST ${length} bytes${bringing ? `, ${described(bringing)}` : ''}`,
    );
    const outcome = await this.sim.network.request(
      this.sender,
      (daemon) => {
        const { engine, process } = daemon;
        const token = this.sim.nextToken();
        const request = {
          kind,
          length,
          metadata: null,
          protocolData: null,
          caller: this.#caller(token),
          ...this.#ends(bringing),
        };
        let brought: BodyRequest | undefined;
        if (bringing) {
          body = new SimulatedBody();
          process.onEnd(() => body?.destroy());
          brought = this.#sending.body(body, bringing, 0, () => this.sim.made(token));
        }
        if (this.job.tus) {
          const known = () => this.sim.made(token);
          const brings =
            bringing && brought && this.#sending.tusBringing(known, 0, bringing, brought);
          return this.#tus.create(daemon, token, { kind, length }, brings);
        }
        return createUpload(engine.context, request, brought);
      },
      (result) => {
        known = this.sim.ledger.uploads.get(result.record.id)!;
        known.told = true;
        this.#learnt(known, result, { from: bringing ? 0 : null, floor: 0 });
      },
    );
    return { known: known!, outcome };
  }

  async append(
    known: Known,
    offset: number,
    bringing: Bringing,
    more: Partial<AppendRequest> = {},
  ): Promise<AppendOutcome> {
    const seen = this.sim.seen(known);
    const quiet = this.sim.disturbances;
    const floor = known.acknowledged.length;
    this.sim.trace(
      () => `client ${this.sender}: PATCH ${known.id} at ${offset}, ${described(bringing)}`,
    );
    try {
      return await this.sim.network.request(
        this.sender,
        (daemon) => {
          const { engine, process } = daemon;
          const body = new SimulatedBody();
          process.onEnd(() => body.destroy());
          const brought = this.#sending.body(body, bringing, offset, () => known);
          if (this.job.tus) {
            const request = { id: known.id, offset, length: more.length };
            const brings = this.#sending.tusBringing(() => known, offset, bringing, brought);
            return this.#tus.append(daemon, this.sim.nextToken(), request, brings);
          }
          return appendBody(engine.context, known.id, {
            ...brought,
            ...this.#ends(bringing),
            offset,
            caller: this.#caller(),
            ...more,
          });
        },
        (result) => this.#learnt(known, result, { from: offset, floor }),
      );
    } catch (error) {
      if (isFault(error, 'GONE', 'NOT_FOUND') && quiet === this.sim.disturbances) {
        this.sim.toldGone(known);
      }
      const refused = isFault(error, 'CONFLICT', 'BAD_REQUEST', 'CHECKSUM_MISMATCH', 'FORBIDDEN');
      const alone =
        !this.job.rival &&
        this.job.deletesAfter === null &&
        known.removalAsked === 0 &&
        quiet === this.sim.disturbances;
      const before = seen();
      const [now = ''] = this.sim.seen(known)();
      // Any daemon that finds a complete upload may finish it.
      const same = before.some(
        (one) => now === one || now === one.replace('receiving', 'finished'),
      );
      if (refused && alone && before.length > 0 && !same) {
        this.sim.violated(
          new Violation(
            'a refused request changes nothing',
            `${known.id}: ${before.join(' or ')} became ${now}`,
          ),
        );
      }
      throw error;
    }
  }

  /** The offset that a HEAD tells. */
  head(known: Known): Promise<{ record: UploadRecord; offset: number | null }> {
    const floor = known.acknowledged.length;
    const { removed } = known;
    return this.sim.network.request(
      this.sender,
      (daemon): Promise<{ record: UploadRecord; offset: number | null }> =>
        this.job.tus
          ? this.#tus.head(daemon, this.sim.nextToken(), known.id)
          : daemon.reads.find(known.id),
      ({ record, offset }) => {
        this.sim.trace(
          () => `client ${this.sender} gets: ${known.id} has ${offset}, ${record.state}`,
        );
        // A power cut may have taken the removal back since.
        if (removed && known.removed)
          this.sim.violated(
            new Violation('what was removed is gone everywhere', `${known.id} answers`),
          );
        if (offset !== null) this.sim.told(known, offset, floor);
        if (this.job.tus && record.state === 'finished') known.believed = true;
        if (this.sim.plan.fsync === 'always') known.durable = Math.max(known.durable, offset ?? 0);
        if (record.state === 'finished' && offset !== record.length) {
          this.sim.violated(
            new Violation('a finished upload is whole', `${known.id} tells ${offset}`),
          );
        }
      },
    );
  }

  async remove(known: Known): Promise<void> {
    this.sim.trace(() => `client: DELETE ${known.id}`);
    // Asked for from now on, whether or not an answer comes.
    known.removalAsked += 1;
    this.sim.disturbances += 1;
    try {
      await this.sim.network.request(
        this.sender,
        ({ engine }) => terminate(engine.context, known.id, CALLER, { why: 'terminated' }),
        () => {
          known.removed = true;
        },
      );
    } catch (error) {
      if (isFault(error, 'REFUSED', 'CONFLICT')) known.removalAsked -= 1;
      throw error;
    }
  }

  async concatenate(parts: readonly Known[]): Promise<Known> {
    let known: Known | undefined;
    const ids = parts.map(({ id }) => id);
    await this.sim.network.request(
      this.sender,
      (daemon) => {
        if (this.job.tus) return this.#tus.concatenate(daemon, this.sim.nextToken(), ids);
        return concatenate(daemon.engine.context, {
          kind: 'final',
          length: null,
          metadata: null,
          protocolData: null,
          parts: ids,
          caller: this.#caller(this.sim.nextToken()),
        });
      },
      (id) => {
        known = this.sim.ledger.uploads.get(id)!;
        known.told = true;
      },
    );
    return known!;
  }

  /** The caller of a request. By its token a creation is known before its client learns of it. */
  #caller(token?: string): Caller {
    const { origin } = CALLER;
    const protocol = this.job.explicit ? EXPLICIT : origin.protocol;
    return { origin: { ...origin, protocol }, request: token === undefined ? null : { token } };
  }

  #ends(bringing: Bringing | undefined): { ends?: boolean } {
    return this.job.explicit ? { ends: bringing?.to === this.job.length } : {};
  }

  #learnt(
    known: Known,
    { record, finished, interrupted, offset: to }: AppendOutcome,
    { from, floor }: { readonly from: number | null; readonly floor: number },
  ) {
    this.sim.trace(
      () =>
        `client ${this.sender} gets: ${known.id} has ${to}${finished ? ', finished' : ''}${interrupted ? `, ${interrupted}` : ''}`,
    );
    this.sim.told(known, to, floor);
    known.durable = Math.max(known.durable, to);
    if (finished) known.finished = true;
    if (finished && !this.sim.hasFinished(known)) {
      this.sim.violated(
        new Violation('an upload that a client saw finished is finished', known.id),
      );
    }
    if (finished && record.length !== to) {
      this.sim.violated(
        new Violation('a finished upload is whole', `${known.id} finished at ${to}`),
      );
    }
    if (from === null || interrupted !== null || known.removalAsked) return;
    const mine = contentOf(known.number, this.sender, from, to);
    if (!known.acknowledged.subarray(from, to).equals(mine)) {
      this.sim.violated(
        new Violation(
          'one winner per offset',
          `${known.id}: not the bytes of the client that got ${to}`,
        ),
      );
    }
  }
}

export function isFault(error: unknown, ...codes: readonly FaultCode[]): error is Fault {
  return error instanceof Fault && codes.includes(error.code);
}
