import type { HookEvent } from '../../config/hooks/hook-schema.ts';
import { messageOf } from '../../fault.ts';
import type { Settlement, StoredDelivery } from '../../storage/model/delivery.ts';
import type { Outbox } from '../../storage/store.ts';
import { MINUTE } from '../../text/span.ts';
import { withSequence } from '../payload.ts';
import type { HookLog, Receiver } from '../receiver.ts';
import { Line } from './line.ts';
import { Outage } from './outage.ts';
import { outcomeOf } from './outcome.ts';
import { PACE_INTERVAL, Pace } from './pace.ts';
import { Stranded } from './stranded.ts';

export interface DispatcherOptions {
  readonly receivers: readonly Receiver[];
  /** The most deliveries at once over all hooks; each hook gets an equal share, at least one. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: HookLog;
  /** Returns numbers from 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Aborts running deliveries when the program cannot wait any longer. */
  readonly signal: AbortSignal;
}

/** The interval at which the outbox is checked for rows of other processes (milliseconds). */
const POLL = 1_000;
/** How long results of deliveries are collected for one transaction (milliseconds). */
const GATHER = 10;
/** The most results in one transaction, and the most deliveries that are sent but not recorded. */
const GATHERED = 64;
/** The most waiting deliveries that are given up, or retried early, in one query. */
const AT_ONCE = 500;
/**
 * After an outage of at least this length, failed deliveries are retried at once (milliseconds).
 */
const LONG_OUTAGE = MINUTE;

interface Ended {
  readonly line: Line;
  readonly seq: number;
  /** undefined when the result is unknown. */
  readonly settlement: Settlement | undefined;
}

/**
 * Sends the rows of the outbox: each at least once, an upload's events in order, and each hook
 * independently, so that a slow hook delays no other. A delivery counts as sent when its row says
 * so; after a crash, one that was sent but not recorded is sent again under the same id.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #outbox: Outbox;
  readonly #lines: readonly Line[];
  readonly #share: number;
  readonly #stranded: Stranded;
  /** The catalog may fail for a while; that pauses deliveries but does not end the daemon. */
  readonly #reading: Outage;
  readonly #writing: Outage;
  readonly #pace = new Pace(() => performance.eventLoopUtilization().idle);
  readonly #deliveries = new Set<Promise<void>>();
  #ended: Ended[] = [];
  /** The transaction that records results, if one is running. */
  #recording: Promise<void> | undefined;
  #recordingCount = 0;
  #poll: NodeJS.Timeout | undefined;
  #recordTimer: NodeJS.Timeout | undefined;
  #pauseTimer: NodeJS.Timeout | undefined;
  #turnIsComing = false;
  #turning: Promise<void> | undefined;
  #turnAgain = false;
  #stopping = false;

  constructor(outbox: Outbox, options: DispatcherOptions) {
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
    const look = async () => {
      await this.#careful(this.#reading, () => this.#stranded.look(this.#options.now()));
      await this.#turn();
    };
    this.#poll = setInterval(look, POLL);
    this.#poll.unref();
    void look();
  }

  /** Schedules a check of the outbox; several calls cause one check. */
  readonly wake = (): void => {
    if (this.#turnIsComing || this.#stopping) return;
    this.#turnIsComing = true;
    setImmediate(() => {
      this.#turnIsComing = false;
      void this.#turn();
    });
  };

  /** Called when uploads are active: under load, deliveries slow down in their favour. */
  uploadChanged(): void {
    this.#pace.uploadChanged();
  }

  /**
   * Starts no more deliveries; resolves when the running ones have ended or were aborted, and are
   * recorded.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    clearTimeout(this.#pauseTimer);
    await this.#turning;
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries);
    await this.#recording;
    await this.#record();
    clearTimeout(this.#recordTimer);
  }

  /**
   * Checks every line. Runs never overlap: a line's counters change while the outbox is queried.
   */
  #turn(): Promise<void> {
    this.#turnAgain = true;
    this.#turning ??= this.#turns().finally(() => {
      this.#turning = undefined;
    });
    return this.#turning;
  }

  async #turns(): Promise<void> {
    while (this.#turnAgain && !this.#stopping) {
      this.#turnAgain = false;
      await this.#careful(this.#reading, async () => {
        for (const line of this.#lines) {
          await this.#drawConclusions(line);
          await this.#send(line);
        }
      });
    }
  }

  async #careful(trouble: Outage, work: () => Promise<void>): Promise<boolean> {
    const { now } = this.#options;
    const startedAt = now();
    try {
      await work();
      trouble.succeeded(now());
      return true;
    } catch (error) {
      trouble.failed(messageOf(error), startedAt, now());
      return false;
    }
  }

  async #send(line: Line): Promise<void> {
    const { now } = this.#options;
    const allowed = line.outage.room(this.#share, now());
    const paced = this.#pace.room(performance.now());
    const unrecorded = this.#ended.length + this.#recordingCount;
    const free = Math.min(allowed - line.running, GATHERED - unrecorded);
    if (paced < free) this.#goOnSoon();
    for (let left = Math.min(free, paced); left > 0 && !this.#stopping; left -= 1) {
      const delivery = line.next() ?? (await line.fetch(this.#outbox, now()));
      if (!delivery || this.#stopping) return;
      line.running += 1;
      this.#pace.took(1);
      const sending: Promise<void> = this.#deliver(line, delivery).finally(() =>
        this.#deliveries.delete(sending),
      );
      this.#deliveries.add(sending);
    }
  }

  #goOnSoon(): void {
    if (this.#pauseTimer) return;
    this.#pauseTimer = setTimeout(() => {
      this.#pauseTimer = undefined;
      void this.#turn();
    }, PACE_INTERVAL);
    this.#pauseTimer.unref();
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
    if (this.#ended.length >= GATHERED) void this.#record();
    else this.#recordTimer ??= setTimeout(() => this.#record(), GATHER);
    this.wake();
  }

  /** Records the results in one transaction; then the next events of these uploads can be sent. */
  #record(): Promise<void> {
    clearTimeout(this.#recordTimer);
    this.#recordTimer = undefined;
    // Results that arrive meanwhile are recorded by the next run.
    this.#recording ??= this.#recordEnded().finally(() => {
      this.#recording = undefined;
    });
    return this.#recording;
  }

  async #recordEnded(): Promise<void> {
    const ended = this.#ended;
    this.#ended = [];
    this.#recordingCount = ended.length;
    const settlements = ended.flatMap(({ settlement }) => settlement ?? []);
    const recorded =
      settlements.length === 0 ||
      (await this.#careful(this.#writing, () =>
        this.#outbox.settle(settlements, this.#options.now()),
      ));
    this.#recordingCount = 0;
    if (recorded) {
      for (const { line, seq } of ended) line.letGo(seq);
      this.wake();
    } else this.#ended = [...ended, ...this.#ended];
    if (this.#ended.length === 0 || this.#stopping) return;
    // The limit on unrecorded results also stops sending; unrecorded deliveries are sent again
    // after a restart.
    this.#recordTimer ??= setTimeout(() => this.#record(), recorded ? GATHER : POLL);
    this.#recordTimer.unref();
  }

  /** Updates the receiver's health with the result of an attempt. */
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
    // If only one upload's events fail, that says nothing about the events of others.
    if (line.failing.size > 1 && outage.duration(now) >= maxAgeMs) line.hopeless = error;
    if (state !== 'dead') return;
    const { event, upload, attempts, seq } = delivery;
    const told = `gave up ${event} of ${upload} after ${attempts + 1} attempts: ${error}`;
    this.#options.log('error', `hook ${name}: ${told} (tusd-ts hooks show ${seq})`);
  }

  async #drawConclusions(line: Line): Promise<void> {
    const { now, log } = this.#options;
    const { receiver, recovered, hopeless } = line;
    const { name, maxAgeMs } = receiver.hook;
    line.recovered = false;
    line.hopeless = null;
    if (recovered) await this.#outbox.hurry(name, now(), AT_ONCE);
    if (hopeless === null) return;
    // Every attempt has failed for the maximum age of a delivery: those that waited as long are
    // given up, too.
    line.putBack();
    const waiting = await this.#outbox.waiting(name, now() - maxAgeMs, AT_ONCE);
    const seqs = waiting.filter((seq) => !line.isClaimed(seq));
    if (seqs.length === 0) return;
    const error = `nothing was delivered to this hook while this waited: ${hopeless}`;
    await this.#outbox.settle(
      seqs.map((seq) => ({ seq, state: 'dead', error, attempted: false })),
      now(),
    );
    log('error', `hook ${name}: gave up ${seqs.length} waiting events (tusd-ts hooks list)`);
  }
}
