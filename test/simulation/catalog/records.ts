import { Fault } from '../../../src/fault.ts';
import type {
  Adopted,
  Creation,
  Ending,
  Finish,
  Inheritance,
  JoinStart,
  Lease,
  Progress,
  Refusal,
} from '../../../src/storage/catalog/catalog.ts';
import type { Counts } from '../../../src/storage/catalog/memory/counting.ts';
import { MemoryLinks } from '../../../src/storage/catalog/memory/memory-links.ts';
import { downloadOf } from '../../../src/storage/catalog/memory/memory-list.ts';
import { MemoryOutbox } from '../../../src/storage/catalog/memory/memory-outbox.ts';
import { PlacementRows } from '../../../src/storage/catalog/memory/placement-rows.ts';
import {
  LEASE_VOID_AFTER,
  type OwnerRole,
  type ProcessInfo,
  type ProcessReport,
} from '../../../src/storage/catalog/processes.ts';
import {
  type ClaimOutcome,
  isAsSeen,
  type RemovalClaim,
  waitsForPlacements,
} from '../../../src/storage/catalog/removal-claim.ts';
import {
  follow,
  type TimelineEntry,
  type TimelineEvent,
} from '../../../src/storage/model/timeline.ts';
import { isGone, isUnfinished, type StoredUpload } from '../../../src/storage/model/upload.ts';

export interface Row {
  record: StoredUpload;
  readonly timeline: TimelineEntry[];
}

/** Which lease of which process. */
export interface Holder {
  readonly owner: string;
  readonly epoch: number;
}

/** A lease is named to the catalog by the process that holds it. */
export type Named = Lease & { readonly owner: string };

/**
 * The tables of the simulated catalog, with the semantics of the SQLite one: a unit of work is one
 * synchronous call, and a lease counts while its process is alive. Doing the same units in the same
 * order makes the same tables.
 */
export class Records {
  readonly outbox = new MemoryOutbox();
  readonly links = new MemoryLinks();
  readonly placements = new PlacementRows();
  readonly rows = new Map<string, Row>();
  readonly leases = new Map<string, Holder>();
  readonly owners = new Map<string, { role: OwnerRole; beatAt: number; report: ProcessReport }>();
  readonly notes = new Map<string, string>();
  readonly counts: Counts = new Map();
  /** Deliveries that a process is sending: who. Only where several daemons share the catalog. */
  readonly claims = new Map<number, string>();
  readonly #voidAfter: number;
  #seq = 0;

  constructor(voidAfter = LEASE_VOID_AFTER) {
    this.#voidAfter = voidAfter;
  }

  insert({ record, timeline, deliveries, placements = [], at }: Creation): StoredUpload {
    if (this.rows.has(record.id)) {
      throw new Fault('CONFLICT', 'an upload of this id is there already');
    }
    this.links.use(record, at);
    this.#seq += 1;
    const row: Row = { record: { ...record, seq: this.#seq }, timeline: [] };
    for (const entry of timeline) add(row, at, entry);
    this.rows.set(record.id, row);
    this.outbox.insert(record.id, deliveries, at);
    this.placements.add(record.id, placements, at);
    return row.record;
  }

  adopt({ record, timeline }: Adopted): StoredUpload {
    const stored = this.insert({ record, timeline: [], deliveries: [], at: record.createdAt });
    this.rows.get(record.id)?.timeline.push(...timeline);
    return stored;
  }

  /** false while another process holds a lease that counts. */
  take(id: string, holder: Holder, at: number): boolean {
    const held = this.leases.get(id);
    if (held && held.owner !== holder.owner && this.isAlive(held.owner, at)) return false;
    this.leases.set(id, holder);
    return true;
  }

  record(lease: Named, { change, timeline, at }: Ending): boolean {
    const row = this.held(lease);
    if (!row) return false;
    row.record = { ...row.record, ...change };
    for (const entry of timeline) add(row, at, entry);
    return true;
  }

  progress(owner: string, batch: readonly Progress[]): Lease[] {
    return batch.flatMap(({ lease, activeAt, received }) => {
      const row = this.held({ ...lease, owner });
      if (!row) return lease;
      const late = received !== undefined && received.offset < row.record.offset;
      if (!late) row.record = { ...row.record, activeAt, ...received };
      return [];
    });
  }

  finish(lease: Named, { change, timeline, deliveries, placements = [], at }: Finish): boolean {
    const row = this.held(lease);
    if (!row || !isUnfinished(row.record)) return false;
    const finished = { state: 'finished', finishedAt: at, refusal: null } as const;
    row.record = { ...row.record, ...change, ...finished };
    for (const entry of [...timeline, { event: 'finished' } as const]) add(row, at, entry);
    this.outbox.insert(lease.id, deliveries, at);
    this.placements.add(lease.id, placements, at);
    this.drop(lease);
    return true;
  }

  refuse(lease: Named, { why, remembered, change = {}, at }: Refusal): boolean {
    const row = this.held(lease);
    if (!row) return false;
    row.record = { ...row.record, ...change, ...(remembered ? { refusal: why } : {}) };
    add(row, at, { event: 'refused', why });
    this.drop(lease);
    return true;
  }

  beginJoin(id: string, holder: Holder, at: number, leasesAt: number): JoinStart {
    const row = this.rows.get(id);
    const record = row?.record;
    if (record?.kind !== 'final' || !isUnfinished(record) || record.refusal !== null) {
      return { outcome: 'over' };
    }
    const parts = record.parts.map((part) => this.rows.get(part)?.record);
    if (parts.some((part) => part?.kind !== 'partial' || isGone(part))) {
      return { outcome: 'part-missing' };
    }
    if (parts.some((part) => part?.state !== 'finished')) return { outcome: 'waiting' };
    const length = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
    if (!this.take(id, holder, leasesAt)) return { outcome: 'leased' };
    if (record.state === 'receiving') add(row!, at, { event: 'joining', parts: parts.length });
    row!.record = { ...record, state: 'joining', length, activeAt: at };
    const { seq } = record;
    return { outcome: 'begun', record: row!.record, lease: { id, seq, epoch: holder.epoch } };
  }

  touch(id: string, at: number): void {
    const row = this.rows.get(id);
    if (row && isUnfinished(row.record)) row.record = { ...row.record, activeAt: at };
  }

  countDownload(id: string, at: number): number | null {
    const row = this.rows.get(id);
    const change = row && downloadOf(row.record, at);
    if (!change) return null;
    row.record = { ...row.record, ...change };
    return change.downloadsLeft;
  }

  claimRemoval(
    owner: string,
    seen: StoredUpload,
    claim: RemovalClaim,
    leasesAt: number,
  ): ClaimOutcome {
    const { why, bytes, takeOver, deliveries, at } = claim;
    const row = this.rows.get(seen.id);
    if (!row || isGone(row.record) || !isAsSeen(row.record, seen)) return 'changed';
    const holder = this.leases.get(seen.id);
    const leased = holder && holder.owner !== owner && this.isAlive(holder.owner, leasesAt);
    if (leased && !takeOver) return 'leased';
    const { record } = row;
    if (record.kind === 'partial' && this.finalsWith(record.id).some(isUnfinished)) return 'needed';
    if (waitsForPlacements(why) && this.placements.isPending(record.id)) return 'needed';
    row.record = { ...record, state: 'removing', removedAt: at, removedWhy: why };
    add(row, at, { event: 'removed', why, bytes });
    this.outbox.insert(record.id, deliveries, at);
    this.leases.delete(record.id);
    return 'claimed';
  }

  removalDone(id: string): void {
    const row = this.rows.get(id);
    if (row?.record.state === 'removing') row.record = { ...row.record, state: 'removed' };
  }

  forget(before: number, limit: number): number {
    const old = this.records().filter(
      ({ state, removedAt }) => state === 'removed' && removedAt !== null && removedAt <= before,
    );
    for (const { id } of old.slice(0, limit)) {
      this.rows.delete(id);
      this.placements.forget(id);
    }
    return Math.min(old.length, limit);
  }

  /** A daemon that starts takes over what earlier ones held. */
  inherit(holder: Holder): Inheritance {
    let ended = 0;
    const leases: Lease[] = [];
    for (const [id, { owner }] of this.leases) {
      if (owner === holder.owner || this.owners.get(owner)?.role === 'command') continue;
      this.leases.set(id, holder);
      leases.push({ id, seq: this.rows.get(id)?.record.seq ?? 0, epoch: holder.epoch });
    }
    for (const [owner, { role }] of this.owners) {
      if (role === 'daemon' && owner !== holder.owner && this.owners.delete(owner)) ended += 1;
    }
    return { leases, ended };
  }

  /**
   * Where several daemons share the catalog: takes over from those that have been silent for too long, and
   * what the database has in this one's name without its knowing.
   */
  inheritFromSilent(holder: Holder, at: number, knows: (lease: Lease) => boolean): Inheritance {
    const gone = new Set<string>();
    for (const [owner, { role }] of this.owners) {
      if (role === 'daemon' && owner !== holder.owner && !this.isAlive(owner, at)) gone.add(owner);
    }
    for (const owner of gone) this.owners.delete(owner);
    const leases: Lease[] = [];
    for (const [id, { owner, epoch }] of this.leases) {
      const { seq } = this.rows.get(id)!.record;
      const stray = owner === holder.owner && !knows({ id, seq, epoch });
      if (!stray && (owner === holder.owner || this.owners.has(owner))) continue;
      this.leases.set(id, holder);
      leases.push({ id, seq, epoch: holder.epoch });
    }
    return { leases, ended: gone.size };
  }

  writerOf(id: string, at: number): ProcessInfo | null {
    const holder = this.leases.get(id)?.owner;
    return this.processes(at, (owner) => owner === holder)[0] ?? null;
  }

  processes(at: number, which: (owner: string) => boolean = () => true): ProcessInfo[] {
    return [...this.owners]
      .filter(([owner]) => this.isAlive(owner, at) && which(owner))
      .map(([, { role, beatAt, report }]) => ({ ...report, role, lag: Math.max(0, at - beatAt) }))
      .toSorted((one, other) => one.startedAt - other.startedAt);
  }

  leave(owner: string): void {
    for (const [id, held] of this.leases) if (held.owner === owner) this.leases.delete(id);
    this.owners.delete(owner);
  }

  drop({ id, owner, epoch }: Named): void {
    const held = this.leases.get(id);
    if (held?.owner === owner && held.epoch === epoch) this.leases.delete(id);
  }

  held({ id, owner, epoch }: Named): Row | undefined {
    const held = this.leases.get(id);
    return held?.owner === owner && held.epoch === epoch ? this.rows.get(id) : undefined;
  }

  isLeased(id: string, at: number): boolean {
    const held = this.leases.get(id);
    return held !== undefined && this.isAlive(held.owner, at);
  }

  finalsWith(part: string): StoredUpload[] {
    return this.records().filter(({ parts }) => parts.includes(part));
  }

  records(): StoredUpload[] {
    return [...this.rows.values()].map(({ record }) => record);
  }

  isAlive(owner: string, at: number): boolean {
    const found = this.owners.get(owner);
    return found !== undefined && found.beatAt > at - this.#voidAfter;
  }
}

function add(row: Row, at: number, event: TimelineEvent): void {
  const { timeline } = row;
  const step = follow(timeline.at(-1), timeline.length, { at, ...event });
  timeline[step.position - 1] = step.entry;
}
