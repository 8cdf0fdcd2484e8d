import { Fault } from '../../../fault.ts';
import type { ListQuery, StatusMoment } from '../../model/list-query.ts';
import { follow, type TimelineEntry, type TimelineEvent } from '../../model/timeline.ts';
import {
  isGone,
  isKept,
  isUnfinished,
  type StoredUpload,
  type UploadChange,
} from '../../model/upload.ts';
import {
  type Catalog,
  type ClaimOutcome,
  type Creation,
  type Ending,
  type Finish,
  type Held,
  isAsSeen,
  type JoinStart,
  type Lease,
  type Progress,
  type Refusal,
  type RemovalClaim,
} from '../catalog.ts';
import { inOrder, isFolded, matches, statusTotals, totals } from './memory-list.ts';
import { MemoryOutbox } from './memory-outbox.ts';

interface Row {
  record: StoredUpload;
  readonly timeline: TimelineEntry[];
}

const PAGE = 500;

/**
 * The catalog in the memory of this process: for tests and demonstrations. A unit is synchronous
 * inside, so it happens as a whole; nothing survives the end of the process.
 */
export class MemoryCatalog implements Catalog {
  readonly outbox = new MemoryOutbox();
  readonly #rows = new Map<string, Row>();
  readonly #leases = new Map<string, number>();
  readonly #notes = new Map<string, string>();
  readonly #slots = new Map<string, number>();
  #seq = 0;
  #epoch = 0;

  async createUpload(creation: Creation): Promise<StoredUpload> {
    return this.#insert(creation);
  }

  async createLeased(creation: Creation): Promise<{ record: StoredUpload; lease: Lease }> {
    const record = this.#insert(creation);
    return { record, lease: this.#take(record) };
  }

  async createFinished(creation: Creation): Promise<StoredUpload> {
    return this.#insert(creation);
  }

  async beginAppend(id: string): Promise<Held | undefined> {
    const record = this.#rows.get(id)?.record;
    if (!record) return undefined;
    const takesBytes = record.state === 'receiving' && record.kind !== 'final';
    return { record, lease: takesBytes ? this.#take(record) : null };
  }

  async record(lease: Lease, ending: Ending): Promise<boolean> {
    return this.#recordEnding(lease, ending);
  }

  async progress(batch: readonly Progress[]): Promise<readonly Lease[]> {
    return batch.flatMap(({ lease, activeAt, received }) => {
      const row = this.#held(lease);
      if (!row) return lease;
      const late = received !== undefined && received.offset < row.record.offset;
      if (!late) row.record = { ...row.record, activeAt, ...received };
      return [];
    });
  }

  async endAppend(lease: Lease, ending: Ending): Promise<boolean> {
    const recorded = this.#recordEnding(lease, ending);
    this.#drop(lease);
    return recorded;
  }

  async release(lease: Lease): Promise<void> {
    this.#drop(lease);
  }

  async finish(lease: Lease, { change, timeline, deliveries, at }: Finish): Promise<boolean> {
    const row = this.#held(lease);
    if (!row || !isUnfinished(row.record)) return false;
    const finished = { state: 'finished', finishedAt: at, refusal: null } as const;
    row.record = { ...row.record, ...change, ...finished };
    for (const entry of [...timeline, { event: 'finished' } as const]) add(row, at, entry);
    this.outbox.add(lease.id, deliveries, at);
    this.#drop(lease);
    return true;
  }

  async refuse(lease: Lease, { why, remembered, change = {}, at }: Refusal): Promise<void> {
    const row = this.#held(lease);
    if (!row) return;
    row.record = { ...row.record, ...change, ...(remembered ? { refusal: why } : {}) };
    add(row, at, { event: 'refused', why });
    this.#drop(lease);
  }

  async beginJoin(id: string, at: number): Promise<JoinStart> {
    const row = this.#rows.get(id);
    const record = row?.record;
    if (record?.kind !== 'final' || !isUnfinished(record) || record.refusal !== null) {
      return { outcome: 'over' };
    }
    const parts = record.parts.map((part) => this.#rows.get(part)?.record);
    if (parts.some((part) => part?.kind !== 'partial' || isGone(part))) {
      return { outcome: 'part-missing' };
    }
    if (parts.some((part) => part?.state !== 'finished')) return { outcome: 'waiting' };
    const length = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
    const lease = this.#take(record);
    if (record.state === 'receiving') add(row!, at, { event: 'joining', parts: parts.length });
    row!.record = { ...record, state: 'joining', length, activeAt: at };
    return { outcome: 'begun', record: row!.record, lease };
  }

  async finalsWaitingFor(part: string): Promise<string[]> {
    return this.#finalsWith(part)
      .filter(isUnfinished)
      .map(({ id }) => id);
  }

  async touch(id: string, at: number): Promise<void> {
    const row = this.#rows.get(id);
    if (row && isUnfinished(row.record)) row.record = { ...row.record, activeAt: at };
  }

  async claimRemoval(
    seen: StoredUpload,
    { why, bytes, deliveries, at }: RemovalClaim,
  ): Promise<ClaimOutcome> {
    const row = this.#rows.get(seen.id);
    if (!row || isGone(row.record) || !isAsSeen(row.record, seen)) return 'changed';
    const { record } = row;
    if (record.kind === 'partial' && this.#finalsWith(record.id).some(isUnfinished)) {
      return 'needed';
    }
    row.record = { ...record, state: 'removing', removedAt: at, removedWhy: why };
    add(row, at, { event: 'removed', why, bytes });
    this.outbox.add(record.id, deliveries, at);
    this.#leases.delete(record.id);
    return 'claimed';
  }

  async removalDone(id: string): Promise<void> {
    const row = this.#rows.get(id);
    if (row?.record.state === 'removing') row.record = { ...row.record, state: 'removed' };
  }

  async forget(before: number, limit: number): Promise<number> {
    const old = this.#records().filter(
      ({ state, removedAt }) => state === 'removed' && removedAt !== null && removedAt <= before,
    );
    for (const { id } of old.slice(0, limit)) this.#rows.delete(id);
    return Math.min(old.length, limit);
  }

  async heartbeat(): Promise<void> {}

  /** There is no process before this one. */
  async inheritLeases(): Promise<Lease[]> {
    return [];
  }

  async leave(): Promise<void> {
    this.#leases.clear();
  }

  async isLeased(id: string): Promise<boolean> {
    return this.#leases.has(id);
  }

  async claimSlot(schedule: string, slot: number): Promise<boolean> {
    if ((this.#slots.get(schedule) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
    this.#slots.set(schedule, slot);
    return true;
  }

  async get(id: string): Promise<StoredUpload | undefined> {
    return this.#rows.get(id)?.record;
  }

  async *list(query: ListQuery): AsyncGenerator<readonly StoredUpload[]> {
    const records = this.#records();
    const wanted = records.filter(
      (record) => matches(record, query) && !(query.foldParts && isFolded(record, records)),
    );
    const ids = inOrder(wanted, query).map(({ id }) => id);
    for (let index = 0; index < ids.length; index += PAGE) {
      yield ids.slice(index, index + PAGE).flatMap((id) => this.#rows.get(id)?.record ?? []);
    }
  }

  async *condemnable({
    idleSince,
    finishedBefore,
  }: Pick<StatusMoment, 'idleSince' | 'finishedBefore'>): AsyncGenerator<StoredUpload> {
    const found = this.#records().filter((record) => {
      if (isGone(record)) return false;
      if (!isKept(record)) return idleSince !== null && record.activeAt <= idleSince;
      return finishedBefore !== null && (record.finishedAt ?? 0) <= finishedBefore;
    });
    for (const { id } of found) {
      const record = this.#rows.get(id)?.record;
      if (record) yield record;
    }
  }

  async unfinishedRemovals(): Promise<StoredUpload[]> {
    return this.#records().filter(({ state }) => state === 'removing');
  }

  async unfinished(): Promise<string[]> {
    return this.#ids(isUnfinished);
  }

  async unfinishedButComplete(): Promise<string[]> {
    return this.#ids((record) => {
      const { kind, offset, length, refusal } = record;
      return isUnfinished(record) && (kind === 'final' || (offset === length && refusal === null));
    });
  }

  async finalsOf(part: string): Promise<StoredUpload[]> {
    return this.#finalsWith(part);
  }

  async receivedOfParts({ parts }: StoredUpload): Promise<number> {
    return parts.reduce((sum, id) => sum + (this.#rows.get(id)?.record.offset ?? 0), 0);
  }

  async hasParts(): Promise<boolean> {
    return this.#records().some(({ kind, parts }) => kind === 'partial' || parts.length > 0);
  }

  async *stored(): AsyncGenerator<readonly { readonly id: string; readonly activeAt: number }[]> {
    const page = this.#records().filter((record) => !isGone(record));
    if (page.length > 0) yield page;
  }

  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(
      ids.filter((id) => (this.#rows.get(id)?.record.state ?? 'removed') !== 'removed'),
    );
  }

  async idsBeginningWith(prefix: string, limit: number): Promise<string[]> {
    return this.#ids(({ id }) => id.startsWith(prefix))
      .toSorted()
      .slice(0, limit);
  }

  async timeline({ id, seq }: StoredUpload): Promise<TimelineEntry[]> {
    const row = this.#rows.get(id);
    return row?.record.seq === seq ? [...row.timeline] : [];
  }

  async totals() {
    return totals(this.#records());
  }

  async statusTotals(at: StatusMoment) {
    return statusTotals(this.#records(), at);
  }

  async note(key: string): Promise<string | null> {
    return this.#notes.get(key) ?? null;
  }

  async setNote(key: string, value: string): Promise<void> {
    this.#notes.set(key, value);
  }

  async persist(): Promise<void> {}

  async checkIntegrity(): Promise<string> {
    return 'ok';
  }

  async close(): Promise<void> {}

  #insert({ record, timeline, deliveries, at }: Creation): StoredUpload {
    if (this.#rows.has(record.id)) {
      throw new Fault('CONFLICT', 'an upload of this id is there already');
    }
    this.#seq += 1;
    const row: Row = { record: { ...record, seq: this.#seq }, timeline: [] };
    for (const entry of timeline) add(row, at, entry);
    this.#rows.set(record.id, row);
    this.outbox.add(record.id, deliveries, at);
    return row.record;
  }

  #recordEnding(lease: Lease, { change, timeline, at }: Ending): boolean {
    const row = this.#held(lease);
    if (!row) return false;
    row.record = { ...row.record, ...(change satisfies UploadChange) };
    for (const entry of timeline) add(row, at, entry);
    return true;
  }

  /** This is the only process, so a lease is taken over from an earlier request of its own. */
  #take({ id, seq }: StoredUpload): Lease {
    this.#epoch += 1;
    this.#leases.set(id, this.#epoch);
    return { id, seq, epoch: this.#epoch };
  }

  #held({ id, epoch }: Lease): Row | undefined {
    return this.#leases.get(id) === epoch ? this.#rows.get(id) : undefined;
  }

  #drop({ id, epoch }: Lease): void {
    if (this.#leases.get(id) === epoch) this.#leases.delete(id);
  }

  #finalsWith(part: string): StoredUpload[] {
    return this.#records().filter(({ parts }) => parts.includes(part));
  }

  #records(): StoredUpload[] {
    return [...this.#rows.values()].map(({ record }) => record);
  }

  #ids(wanted: (record: StoredUpload) => boolean): string[] {
    return this.#records()
      .filter(wanted)
      .map(({ id }) => id);
  }
}

function add(row: Row, at: number, event: TimelineEvent): void {
  const { timeline } = row;
  const step = follow(timeline.at(-1), timeline.length, { at, ...event });
  timeline[step.position - 1] = step.entry;
}
