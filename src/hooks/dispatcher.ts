import type {
  OutboxTable,
  Settlement,
  StoredDelivery,
} from '../storage/catalog/sqlite/outbox-table.ts';
import type { HookEvent } from './hook.ts';
import { Line } from './line.ts';
import { Outage } from './outage.ts';
import { outcomeOf } from './outcome.ts';
import { PACE_INTERVAL, Pace } from './pace.ts';
import { withSequence } from './payload.ts';
import type { HookLog, Receiver } from './receiver.ts';
import { Stranded } from './stranded.ts';

export interface DispatcherOptions {
  readonly receivers: readonly Receiver[];
  /** Deliveries that run at once, of all hooks; every hook has an equal share, at least one. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: HookLog;
  /** Numbers from 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Aborts what still runs when the program may wait no longer. */
  readonly signal: AbortSignal;
}

/** How often the outbox is looked at for what other processes have put there (milliseconds). */
const POLL = 1_000;
/** How long ends of deliveries are gathered for one transaction (milliseconds). */
const GATHER = 10;
/** So many are recorded at once, and no more than that are ever sent and not recorded. */
const GATHERED = 64;
/** Waiting deliveries that are given up, or hurried, in one go. */
const AT_ONCE = 500;
/** After an outage of this length what has failed is tried at once (milliseconds). */
const LONG_OUTAGE = 60_000;

interface Ended {
  readonly line: Line;
  readonly seq: number;
  /** undefined when nothing is known of it. */
  readonly settlement: Settlement | undefined;
}

/**
 * Sends what lies in the outbox: at least once each, an upload's events in order, hooks apart from
 * each other so that a slow one holds up nobody else. A delivery counts as sent when its row says so;
 * what was sent and not recorded (a crash) is sent again under the same id.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #outbox: OutboxTable;
  readonly #lines: readonly Line[];
  readonly #share: number;
  readonly #stranded: Stranded;
  /** The catalog may fail for a while; that stops deliveries and not the daemon. */
  readonly #reading: Outage;
  readonly #writing: Outage;
  readonly #pace = new Pace(() => performance.eventLoopUtilization().idle);
  #ended: Ended[] = [];
  #poll: NodeJS.Timeout | undefined;
  #recording: NodeJS.Timeout | undefined;
  #pausing: NodeJS.Timeout | undefined;
  #turnIsComing = false;
  #stopped: (() => void) | undefined;

  constructor(outbox: OutboxTable, options: DispatcherOptions) {
    const { receivers, concurrency, log, random } = options;
    this.#options = options;
    this.#outbox = outbox;
    this.#lines = receivers.map(
      (receiver) => new Line(receiver, new Outage(`hook ${receiver.hook.name}`, log, random)),
    );
    this.#share = Math.max(1, Math.floor(concurrency / Math.max(1, receivers.length)));
    const names = receivers.map(({ hook }) => hook.name);
    this.#stranded = new Stranded(outbox, names, log);
    this.#reading = new Outage('reading the outbox', log, random);
    this.#writing = new Outage('recording deliveries', log, random);
  }

  start(): void {
    const look = () => {
      this.#careful(this.#reading, () => this.#stranded.look(this.#options.now()));
      this.#turn();
    };
    this.#poll = setInterval(look, POLL);
    this.#poll.unref();
    look();
  }

  /** Something may be due: looks soon, once for all who say so. */
  readonly wake = (): void => {
    if (this.#turnIsComing) return;
    this.#turnIsComing = true;
    setImmediate(() => {
      this.#turnIsComing = false;
      this.#turn();
    });
  };

  /** Uploads are busy: where there is no time for all, deliveries give way. */
  uploadChanged(): void {
    this.#pace.uploadChanged();
  }

  /** Begins nothing more; resolves when what runs has ended or was aborted, and that is recorded. */
  async stop(): Promise<void> {
    clearInterval(this.#poll);
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#turn();
    await stopped;
  }

  #turn(): void {
    if (!this.#stopped) {
      this.#careful(this.#reading, () => {
        for (const line of this.#lines) {
          this.#drawConclusions(line);
          this.#send(line);
        }
      });
    } else if (this.#lines.every(({ running }) => running === 0)) {
      this.#record();
      this.#stopped();
    }
  }

  #careful(trouble: Outage, work: () => void): boolean {
    const { now } = this.#options;
    const startedAt = now();
    try {
      work();
      trouble.succeeded(now());
      return true;
    } catch (error) {
      trouble.failed(error instanceof Error ? error.message : String(error), startedAt, now());
      return false;
    }
  }

  #send(line: Line): void {
    const { now } = this.#options;
    const allowed = line.outage.room(this.#share, now());
    const paced = this.#pace.room(performance.now());
    let free = Math.min(allowed - line.running, GATHERED - this.#ended.length);
    if (paced < free) this.#goOnSoon();
    for (free = Math.min(free, paced); free > 0; free -= 1) {
      const delivery = line.next(this.#outbox, now());
      if (!delivery) return;
      line.running += 1;
      this.#pace.took(1);
      void this.#deliver(line, delivery);
    }
  }

  #goOnSoon(): void {
    if (this.#pausing) return;
    this.#pausing = setTimeout(() => {
      this.#pausing = undefined;
      this.#turn();
    }, PACE_INTERVAL);
    this.#pausing.unref();
  }

  async #deliver(line: Line, delivery: StoredDelivery): Promise<void> {
    const { now, signal, random } = this.#options;
    const { seq, event, eventId, payload } = delivery;
    const startedAt = now();
    const message = {
      event: event as HookEvent,
      eventId,
      body: withSequence(payload, seq),
      payload: () => JSON.parse(payload),
    };
    const attempt = await line.receiver.transport.send(message, { signal, wantsAnswer: false });
    const maxAge = line.receiver.hook.maxAgeMs;
    const settlement = outcomeOf(delivery, attempt, { startedAt, now: now(), maxAge, random });
    line.running -= 1;
    this.#ended.push({ line, seq, settlement });
    if (settlement) this.#judge(line, delivery, settlement, startedAt);
    if (this.#ended.length === GATHERED) this.#record();
    else this.#recording ??= setTimeout(() => this.#record(), GATHER);
    this.wake();
  }

  /** What has ended is recorded in one transaction; the next events of these uploads may follow. */
  #record(): void {
    clearTimeout(this.#recording);
    this.#recording = undefined;
    const ended = this.#ended;
    const settlements = ended.flatMap(({ settlement }) => settlement ?? []);
    const recorded =
      settlements.length === 0 ||
      this.#careful(this.#writing, () => this.#outbox.settle(settlements, this.#options.now()));
    if (recorded) {
      for (const { line, seq } of ended) line.letGo(seq);
      this.#ended = [];
      if (!this.#stopped) this.wake();
    } else if (!this.#stopped) {
      // Nothing more is sent than can be recorded; what cannot be is sent again after a restart.
      this.#recording = setTimeout(() => this.#record(), POLL);
      this.#recording.unref();
    }
  }

  /** What an attempt says about the receiver as a whole. */
  #judge(line: Line, delivery: StoredDelivery, settlement: Settlement, startedAt: number): void {
    const { outage, receiver } = line;
    const { name, maxAgeMs } = receiver.hook;
    const now = this.#options.now();
    if (settlement.state === 'delivered') {
      line.failing.clear();
      line.recovered = outage.succeeded(now) >= LONG_OUTAGE || line.recovered;
      return;
    }
    const { error, state } = settlement;
    outage.failed(error, startedAt, now);
    if (line.failing.size < 2) line.failing.add(delivery.upload);
    // One upload whose events are never taken says nothing about those of others.
    if (line.failing.size > 1 && outage.duration(now) >= maxAgeMs) line.hopeless = error;
    if (state !== 'dead') return;
    const { event, upload, attempts, seq } = delivery;
    const told = `gave up ${event} of ${upload} after ${attempts + 1} attempts: ${error}`;
    this.#options.log('error', `hook ${name}: ${told} (tusd-ts hooks show ${seq})`);
  }

  #drawConclusions(line: Line): void {
    const { now, log } = this.#options;
    const { receiver, recovered, hopeless } = line;
    const { name, maxAgeMs } = receiver.hook;
    line.recovered = false;
    line.hopeless = null;
    if (recovered) this.#outbox.hurry(name, now(), AT_ONCE);
    if (hopeless === null) return;
    // It has failed for as long as one delivery is tried: what waited all that time is given up, too.
    line.putBack();
    const waiting = this.#outbox.waiting(name, now() - maxAgeMs, AT_ONCE);
    const seqs = waiting.filter((seq) => !line.isClaimed(seq));
    if (seqs.length === 0) return;
    const error = `nothing was delivered to this hook while this waited: ${hopeless}`;
    this.#outbox.settle(
      seqs.map((seq) => ({ seq, state: 'dead', error, attempted: false })),
      now(),
    );
    log('error', `hook ${name}: gave up ${seqs.length} waiting events (tusd-ts hooks list)`);
  }
}
