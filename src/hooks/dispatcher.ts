import type { OutboxTable, Settlement, StoredDelivery } from '../storage/outbox-table.ts';
import type { HookEvent } from './hook.ts';
import { Outage } from './outage.ts';
import { outcomeOf } from './outcome.ts';
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
/** Waiting deliveries that are given up, or hurried, in one go. */
const AT_ONCE = 500;
/** After an outage of this length what has failed is tried at once (milliseconds). */
const LONG_OUTAGE = 60_000;

/** What is on its way to one hook. */
interface Line {
  readonly receiver: Receiver;
  readonly outage: Outage;
  readonly running: Set<number>;
  /** Uploads whose events have failed since the last success: enough of them to tell one from several. */
  readonly failing: Set<string>;
  /** A long outage has just ended. */
  recovered: boolean;
  /** Why every event of every upload fails, once that is so for as long as one delivery is tried. */
  hopeless: string | null;
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
  readonly #trouble: Outage;
  #ended: { readonly line: Line; readonly seq: number; readonly settlement?: Settlement }[] = [];
  #turnIsComing = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped: (() => void) | undefined;

  constructor(outbox: OutboxTable, options: DispatcherOptions) {
    const { receivers, concurrency, log, random } = options;
    this.#options = options;
    this.#outbox = outbox;
    this.#lines = receivers.map((receiver) => ({
      receiver,
      outage: new Outage(`hook ${receiver.hook.name}`, log, random),
      running: new Set(),
      failing: new Set(),
      recovered: false,
      hopeless: null,
    }));
    this.#share = Math.max(1, Math.floor(concurrency / Math.max(1, receivers.length)));
    const names = receivers.map(({ hook }) => hook.name);
    this.#stranded = new Stranded(outbox, names, log);
    this.#trouble = new Outage('outbox', log, random);
  }

  start(): void {
    this.#timer = setInterval(() => this.#turn(true), POLL);
    this.#timer.unref();
    this.#turn(true);
  }

  /** Something may be due, or has ended: looks soon, once for all who say so. */
  readonly wake = (): void => {
    if (this.#turnIsComing) return;
    this.#turnIsComing = true;
    setImmediate(() => {
      this.#turnIsComing = false;
      this.#turn(false);
    });
  };

  /** Begins nothing more; resolves when what runs has ended or was aborted, and that is recorded. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#turn(false);
    await stopped;
  }

  #turn(polling: boolean): void {
    const { now } = this.#options;
    const startedAt = now();
    try {
      this.#record();
      if (!this.#stopped) {
        for (const line of this.#lines) {
          this.#drawConclusions(line);
          this.#send(line);
        }
        if (polling) this.#stranded.look(now());
      }
      this.#trouble.succeeded(now());
    } catch (error) {
      this.#trouble.failed(
        error instanceof Error ? error.message : String(error),
        startedAt,
        now(),
      );
      // What could not be recorded is sent again after the next start, under the same id.
      if (this.#stopped) this.#letGo();
    }
    if (this.#lines.every(({ running }) => running.size === 0)) this.#stopped?.();
  }

  /** All that has ended since the last turn is one transaction. */
  #record(): void {
    const settlements = this.#ended.flatMap(({ settlement }) => settlement ?? []);
    if (settlements.length > 0) this.#outbox.settle(settlements, this.#options.now());
    this.#letGo();
  }

  #letGo(): void {
    for (const { line, seq } of this.#ended) line.running.delete(seq);
    this.#ended = [];
  }

  #send(line: Line): void {
    const { now } = this.#options;
    const { receiver, running, outage } = line;
    const free = outage.room(this.#share, now()) - running.size;
    if (free <= 0) return;
    // By its row, what is on its way is still due.
    const due = this.#outbox.due(receiver.hook.name, now(), free + running.size);
    for (const delivery of due.filter(({ seq }) => !running.has(seq)).slice(0, free)) {
      running.add(delivery.seq);
      void this.#deliver(line, delivery);
    }
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
    this.#ended.push({ line, seq, ...(settlement ? { settlement } : {}) });
    if (settlement) this.#judge(line, delivery, settlement, startedAt);
    this.wake();
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
    const { receiver, running, recovered, hopeless } = line;
    const { name, maxAgeMs } = receiver.hook;
    line.recovered = false;
    line.hopeless = null;
    if (recovered) this.#outbox.hurry(name, now(), AT_ONCE);
    if (hopeless === null) return;
    // It has failed for as long as one delivery is tried: what waited all that time is given up, too.
    const waiting = this.#outbox.waiting(name, now() - maxAgeMs, AT_ONCE);
    const seqs = waiting.filter((seq) => !running.has(seq));
    if (seqs.length === 0) return;
    const error = `nothing was delivered to this hook while this waited: ${hopeless}`;
    this.#outbox.settle(
      seqs.map((seq) => ({ seq, state: 'dead', error, attempted: false })),
      now(),
    );
    log('error', `hook ${name}: gave up ${seqs.length} waiting events (tusd-ts hooks list)`);
  }
}
