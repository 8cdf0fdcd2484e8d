import { isIP } from 'node:net';
import type { Fault, FaultOptions } from '../fault.ts';
import type { Counted, Counting } from '../storage/model/counting.ts';
import type { StorageEvent } from '../storage/model/events.ts';
import type { Intake, Metering, Place } from '../storage/model/metering.ts';
import type { Caller, UploadRecord } from '../storage/model/upload.ts';
import type { Share } from './bandwidth.ts';
import { dayAt, type MeterClock, type Moment, secondsOfDayLeft, steadyMinutes } from './clock.ts';
import { Counters } from './counters.ts';
import { HoldingsBook } from './holdings.ts';
import { createIntake } from './intake.ts';
import type { Limits, Subject } from './limits.ts';
import { Pools } from './pools.ts';
import { assertRate, type Quota, release } from './quotas.ts';
import { noRoom, tooLarge, tooManyBytes, tooManyOpen } from './refusals.ts';
import { assertSize, least } from './subject-limits.ts';
import { ALL, addressKey, namedSubjects } from './subjects.ts';

/** Limits that apply without anybody's name. */
export interface MeterLimits {
  /** For all clients together. */
  readonly all: Limits;
  /** For each client address. */
  readonly address: Limits;
  /** Bytes per second of one request; null for no limit. */
  readonly connectionBandwidth: number | null;
  /** Whether subjects with limits of their own will be named (see countFor). */
  readonly named: boolean;
}

/** How long changes of other processes may be left out of account (milliseconds). */
const FRESH = 1_000;
/** Buckets of counts that are kept: more than are needed, because a clock may be set back. */
const KEPT = 2;
/** How often old counts are deleted (milliseconds). */
const FORGET_EVERY = 600_000;

/** What is known once the storage is open. */
interface Books {
  readonly counting: Counting;
  readonly counters: Counters;
  readonly holdings: HoldingsBook;
}

/**
 * Counts what callers do and compares it with their limits. What decides is in memory, so that two
 * requests of this process cannot both take the last place. The catalog keeps the counts for restarts
 * and for other processes.
 */
export class Meter implements Metering {
  #limits: MeterLimits;
  active: boolean;
  readonly #clock: MeterClock;
  /** Other processes create uploads and count as well. */
  readonly #shared: boolean;
  readonly #minute: () => Moment;
  #pools: Pools;
  #opened: Books | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #forgotAt = Number.NEGATIVE_INFINITY;
  /** A caller whose uploads hold something that is limited was seen. */
  #asksHoldings = false;

  constructor(limits: MeterLimits, clock: MeterClock, { shared = false } = {}) {
    this.#limits = limits;
    this.#shared = shared;
    this.active = limitsAny(limits);
    this.#clock = clock;
    this.#minute = steadyMinutes(clock);
    this.#pools = new Pools(limits.connectionBandwidth, clock);
  }

  /** Changes the limits, for requests that begin from now on. */
  async configure(limits: MeterLimits): Promise<void> {
    const wasActive = this.active;
    this.#limits = limits;
    this.active = limitsAny(limits);
    this.#pools = new Pools(limits.connectionBandwidth, this.#clock);
    // What happened meanwhile was not followed.
    if (this.#opened && this.active && !wasActive) await this.#opened.holdings.refresh();
  }

  async open(counting: Counting): Promise<void> {
    const others = { monotonic: () => this.#clock.monotonic(), freshFor: FRESH };
    const counters = new Counters(counting, this.#shared ? others : null);
    this.#opened = { counting, counters, holdings: new HoldingsBook(counting) };
    if (this.active) await this.#refresh();
  }

  async admit({ length }: Pick<UploadRecord, 'length'>, caller: Caller): Promise<Place> {
    const subjects = this.#subjectsOf(caller);
    assertSize(subjects, length);
    if (this.#needsOthers(subjects) || this.#problem(subjects, length)) await this.#refresh();
    const today = dayAt(this.#clock.now());
    const bytes = length === 0 ? [] : await this.#quotas('bytes', subjects, today);
    const creations = await this.#quotas('creations', subjects, this.#minute().bucket);
    try {
      // Nothing waits from here on: no other request can come in between.
      this.#assertBytesLeft(bytes);
      const moment = this.#minute();
      assertRate(creations, moment);
      const problem = this.#problem(subjects, length);
      if (problem) throw problem();
      for (const { counter } of creations) counter.add(moment.bucket, 1);
      return this.#place(subjects, length ?? 0);
    } finally {
      release(bytes);
      release(creations);
    }
  }

  async receive(record: UploadRecord, caller: Caller): Promise<Intake> {
    const subjects = this.#subjectsOf(caller);
    const { holdings } = this.#books;
    const { id, offset } = record;
    if (record.length === null && (this.#needsOthers(subjects) || this.#room(subjects) <= 0)) {
      await this.#refresh();
    }
    const quotas = await this.#quotas('bytes', subjects, dayAt(this.#clock.now()));
    try {
      this.#assertBytesLeft(quotas, { offset });
      if (record.length === null && this.#room(subjects) <= 0)
        throw this.#noRoom(subjects, { offset });
    } catch (error) {
      release(quotas);
      throw error;
    }
    const maxSize = least(subjects, ({ maxSize }) => maxSize);
    return createIntake(record, {
      left: () => this.#left(quotas),
      room: () => this.#room(subjects),
      maxSize,
      count: (bytes) => {
        if (quotas.length === 0) return;
        const today = dayAt(this.#clock.now());
        for (const { counter } of quotas) counter.add(today, bytes);
      },
      resize: (bytes) => holdings.resize(id, bytes),
      share: () => this.#pools.join(subjects),
      refusals: {
        left: (at) => tooManyBytes(secondsOfDayLeft(this.#clock.now()), { offset: at }),
        room: (at) => this.#noRoom(subjects, { offset: at }),
        maxSize: (at) => tooLarge(maxSize, { offset: at }),
      },
      ended: () => release(quotas),
    });
  }

  async declare(record: UploadRecord, length: number, caller: Caller): Promise<void> {
    // An interrupted finish is completed while the storage opens; what it holds is read afterwards.
    if (!this.#opened) return;
    const subjects = this.#subjectsOf(caller);
    assertSize(subjects, length);
    const { holdings } = this.#books;
    const fits = () => {
      const more = length - (holdings.find(record.id)?.bytes ?? length);
      return more <= Math.max(0, this.#room(subjects));
    };
    if (this.#needsOthers(subjects) || !fits()) await this.#refresh();
    if (!fits()) throw this.#noRoom(subjects, { offset: record.offset });
    holdings.resize(record.id, length);
  }

  changed(event: StorageEvent): void {
    const { record } = event;
    const holdings = this.#opened?.holdings;
    if (event.type === 'finished') holdings?.finish(record);
    else if (event.type === 'removed') holdings?.remove(record);
  }

  async flush(): Promise<void> {
    // The storage could not be opened.
    if (!this.#opened) return;
    const { counting, counters } = this.#opened;
    await counters.flush();
    // For uploads of unknown length, which take more and more room while they run.
    if (this.#shared && this.#asksHoldings) await this.#refresh();
    const at = this.#clock.monotonic();
    if (at - this.#forgotAt < FORGET_EVERY) return;
    this.#forgotAt = at;
    await counting.forgetCounts('bytes', dayAt(this.#clock.now()) - KEPT);
    await counting.forgetCounts('creations', this.#minute().bucket - KEPT);
  }

  /** The bandwidth of a response to a caller; null without a limit. */
  shareOf(caller: Caller): Share | null {
    return this.#pools.join(this.#subjectsOf(caller));
  }

  get #books(): Books {
    if (!this.#opened) throw new Error('the meter was used before the storage was open');
    return this.#opened;
  }

  #subjectsOf(caller: Caller): readonly Subject[] {
    const { all, address } = this.#limits;
    const subjects = [{ key: ALL, limits: all }, ...namedSubjects(caller)];
    const { address: from } = caller.origin;
    // Clients of a unix socket have none.
    return isIP(from) === 0 ? subjects : [...subjects, { key: addressKey(from), limits: address }];
  }

  #place(subjects: readonly Subject[], bytes: number): Place {
    const { holdings } = this.#books;
    const keys = subjects.map(({ key }) => key);
    const hold = holdings.take(keys, bytes);
    const lifetime = least(subjects, ({ maxLifetime }) => maxLifetime);
    return {
      lifetime: lifetime === Number.POSITIVE_INFINITY ? null : lifetime,
      taken: ({ id }) => holdings.name(hold, id),
      made: () => holdings.made(hold, true),
      giveBack: () => holdings.made(hold, false),
    };
  }

  /** Counters in use: `release` them. */
  async #quotas(what: Counted, subjects: readonly Subject[], bucket: number): Promise<Quota[]> {
    const quotas: Quota[] = [];
    for (const { key, limits } of subjects) {
      const limit = what === 'bytes' ? limits.bytesPerDay : limits.creationsPerMinute;
      if (limit === null) continue;
      const counter = await this.#books.counters.get(what, key, bucket);
      counter.uses += 1;
      quotas.push({ limit, counter });
    }
    return quotas;
  }

  #left(quotas: readonly Quota[]): number {
    const today = dayAt(this.#clock.now());
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...quotas.map(({ limit, counter }) => limit - counter.sum(today)),
    );
  }

  #assertBytesLeft(quotas: readonly Quota[], upload: { readonly offset?: number } = {}): void {
    if (this.#left(quotas) > 0) return;
    throw tooManyBytes(secondsOfDayLeft(this.#clock.now()), upload);
  }

  /** Bytes that uploads of these subjects may still take. */
  #room(subjects: readonly Subject[]): number {
    const { holdings } = this.#books;
    return least(subjects, ({ totalBytes }, key) =>
      totalBytes === null ? null : totalBytes - holdings.bytes(key),
    );
  }

  /** Says whose limit it is: that of all comes first among the subjects. */
  #noRoom(subjects: readonly Subject[], upload?: Pick<FaultOptions, 'offset'>): Fault {
    return noRoom(this.#room(subjects) < this.#room(subjects.slice(0, 1)), upload);
  }

  /** Why one more upload does not fit, as the Fault to throw; undefined when it fits. */
  #problem(subjects: readonly Subject[], length: number | null) {
    const { holdings } = this.#books;
    const places = least(subjects, ({ openUploads }, key) =>
      openUploads === null ? null : openUploads - holdings.open(key),
    );
    if (places < 1) return tooManyOpen;
    // An upload of unknown length takes its room as its bytes come.
    const fits = length === 0 || this.#room(subjects) >= (length ?? 1);
    return fits ? undefined : () => this.#noRoom(subjects);
  }

  /** Whether what uploads of other processes hold decides about these subjects, too. */
  #needsOthers(subjects: readonly Subject[]): boolean {
    if (!this.#shared) return false;
    const asks = subjects.some(
      ({ limits }) => limits.openUploads !== null || limits.totalBytes !== null,
    );
    this.#asksHoldings ||= asks;
    return asks;
  }

  /** Reads what uploads hold, unless that was done a moment ago. */
  async #refresh(): Promise<void> {
    if (this.#clock.monotonic() - this.#refreshedAt < FRESH) return;
    this.#refreshing ??= this.#books.holdings.refresh().finally(() => {
      this.#refreshing = undefined;
      this.#refreshedAt = this.#clock.monotonic();
    });
    await this.#refreshing;
  }
}

function limitsAny({ all, address, connectionBandwidth, named }: MeterLimits): boolean {
  const limits = [...Object.values(all), ...Object.values(address), connectionBandwidth];
  return named || limits.some((limit) => limit !== null);
}
