import type { HookEvent } from '../../config/hooks/hook-schema.ts';
import { messageOf } from '../../fault.ts';
import type { Settlement, StoredDelivery } from '../../storage/model/delivery.ts';
import type { Clock, Outbox, Timer } from '../../storage/store.ts';
import { MINUTE } from '../../text/span.ts';
import { withSequence } from '../payload.ts';
import type { HookLog } from '../receiver.ts';
import { ClockSteps } from './clock-steps.ts';
import { giveUpWaiting } from './give-up-waiting.ts';
import { Line, type Reached } from './line.ts';
import { Outage } from './outage.ts';
import { outcomeOf } from './outcome.ts';
import { PACE_INTERVAL, Pace } from './pace.ts';
import { Stranded } from './stranded.ts';

export interface DispatcherOptions {
  readonly receivers: readonly Reached[];
  /** The most deliveries at once over all hooks; each hook gets an equal share, at least one. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** How long the event loop has been idle in all (milliseconds). */
  readonly idleTime: () => number;
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
/** The most waiting deliveries that are made due in one query. */
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
  readonly #pace: Pace;
  readonly #steps = new ClockSteps();
  readonly #deliveries = new Set<Promise<void>>();
  #ended: Ended[] = [];
  /** The transaction that records results, if one is running. */
  #recording: Promise<void> | undefined;
  #recordingCount = 0;
  #poll: Timer | undefined;
  #recordTimer: Timer | undefined;
  #pauseTimer: Timer | undefined;
  #turnIsComing = false;
  #turning: Promise<void> | undefined;
  #turnAgain = false;
  #stopping = false;

  constructor(outbox: Outbox, options: DispatcherOptions) {
    const { receivers, concurrency, log, random } = options;
    this.#options = options;
    this.#pace = new Pace(options.idleTime);
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
    const { clock } = this.#options;
    const look = async () => {
      const now = clock.now();
      if (this.#steps.backward(now, clock.elapsed())) {
        for (const line of this.#lines) line.hurries = true;
      }
      await this.#careful(this.#reading, () => this.#stranded.look(now));
      await this.#turn();
    };
    this.#poll = clock.setInterval(look, POLL);
    void look();
  }

  /** Schedules a check of the outbox; several calls cause one check. */
  readonly wake = (): void => {
    if (this.#turnIsComing || this.#stopping) return;
    this.#turnIsComing = true;
    this.#options.clock.setImmediate(() => {
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
    const { clock } = this.#options;
    if (this.#poll) clock.clearInterval(this.#poll);
    clock.clearTimeout(this.#pauseTimer);
    await this.#turning;
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries);
    await this.#recording;
    await this.#record();
    clock.clearTimeout(this.#recordTimer);
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
    const { clock } = this.#options;
    const startedAt = clock.elapsed();
    try {
      await work();
      trouble.succeeded(clock.elapsed());
      return true;
    } catch (error) {
      trouble.failed(messageOf(error), startedAt, clock.elapsed());
      return false;
    }
  }

  async #send(line: Line): Promise<void> {
    const { clock } = this.#options;
    const elapsed = clock.elapsed();
    const allowed = line.outage.room(this.#share, elapsed);
    const paced = this.#pace.room(elapsed);
    const unrecorded = this.#ended.length + this.#recordingCount;
    const free = Math.min(allowed - line.running, GATHERED - unrecorded);
    if (paced < free) this.#goOnSoon();
    for (let left = Math.min(free, paced); left > 0 && !this.#stopping; left -= 1) {
      const delivery = line.next() ?? (await line.fetch(this.#outbox, clock.now()));
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
    this.#pauseTimer = this.#options.clock.setTimeout(() => {
      this.#pauseTimer = undefined;
      void this.#turn();
    }, PACE_INTERVAL);
  }

  async #deliver(line: Line, delivery: StoredDelivery): Promise<void> {
    const { clock, signal, random } = this.#options;
    const { seq, event, eventId, payload } = delivery;
    const startedAt = clock.now();
    const begun = clock.elapsed();
    const message = {
      event: event as HookEvent,
      eventId,
      body: withSequence(payload, seq),
      payload: () => JSON.parse(payload),
    };
    const attempt = await line.receiver.transport.send(message, { signal, wantsAnswer: false });
    const maxAge = line.receiver.hook.maxAgeMs;
    const settlement = outcomeOf(delivery, attempt, {
      startedAt,
      now: clock.now(),
      maxAge,
      random,
    });
    line.running -= 1;
    this.#ended.push({ line, seq, settlement });
    if (settlement) this.#judge(line, delivery, settlement, begun);
    if (this.#ended.length >= GATHERED) void this.#record();
    else this.#recordTimer ??= clock.setTimeout(() => this.#record(), GATHER);
    this.wake();
  }

  /** Records the results in one transaction; then the next events of these uploads can be sent. */
  #record(): Promise<void> {
    this.#options.clock.clearTimeout(this.#recordTimer);
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
        this.#outbox.settle(settlements, this.#options.clock.now()),
      ));
    this.#recordingCount = 0;
    if (recorded) {
      for (const { line, seq } of ended) line.letGo(seq);
      this.wake();
    } else this.#ended = [...ended, ...this.#ended];
    if (this.#ended.length === 0 || this.#stopping) return;
    // The limit on unrecorded results also stops sending; unrecorded deliveries are sent again
    // after a restart.
    const wait = recorded ? GATHER : POLL;
    this.#recordTimer ??= this.#options.clock.setTimeout(() => this.#record(), wait);
  }

  /** Updates the receiver's health with the result of an attempt. */
  #judge(line: Line, delivery: StoredDelivery, settlement: Settlement, begun: number): void {
    const { outage, receiver } = line;
    const { name, maxAgeMs } = receiver.hook;
    const elapsed = this.#options.clock.elapsed();
    if (settlement.state === 'delivered') {
      line.failing.clear();
      if (outage.succeeded(elapsed) >= LONG_OUTAGE) line.hurries = true;
      return;
    }
    const { error, state } = settlement;
    outage.failed(error, begun, elapsed);
    if (line.failing.size < 2) line.failing.add(delivery.upload);
    // If only one upload's events fail, that says nothing about the events of others.
    if (line.failing.size > 1 && outage.duration(elapsed) >= maxAgeMs) line.hopeless = error;
    if (state !== 'dead') return;
    const { event, upload, attempts, seq } = delivery;
    const told = `gave up ${event} of ${upload} after ${attempts + 1} attempts: ${error}`;
    this.#options.log('error', `hook ${name}: ${told} (tusd-ts hooks show ${seq})`);
  }

  async #drawConclusions(line: Line): Promise<void> {
    const { clock, log } = this.#options;
    if (line.hurries) {
      // On a full disk what is due is sent all the same.
      await this.#careful(this.#writing, async () => {
        const { name } = line.receiver.hook;
        line.hurries = (await this.#outbox.hurry(name, clock.now(), AT_ONCE)) === AT_ONCE;
      });
    }
    if (line.hopeless !== null) await giveUpWaiting(line, this.#outbox, clock.now(), log);
  }
}
