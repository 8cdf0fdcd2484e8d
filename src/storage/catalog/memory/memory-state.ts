import { Fault } from '../../../fault.ts';
import { follow, type TimelineEntry, type TimelineEvent } from '../../model/timeline.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { Creation, Lease } from '../catalog.ts';
import { MemoryLinks } from './memory-links.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { PlacementRows } from './placement-rows.ts';

/** A record and its timeline. */
export interface Row {
  record: StoredUpload;
  readonly timeline: TimelineEntry[];
}

/** State shared by the units of work of one catalog in memory. */
export class MemoryState {
  readonly outbox = new MemoryOutbox();
  readonly links = new MemoryLinks();
  readonly placements = new PlacementRows();
  readonly rows = new Map<string, Row>();
  /** The epoch of each lease that is held, by upload. */
  readonly leases = new Map<string, number>();
  #seq = 0;
  #epoch = 0;

  insert({ record, timeline, deliveries, placements = [], at }: Creation): StoredUpload {
    if (this.rows.has(record.id)) {
      throw new Fault('CONFLICT', 'an upload of this id is there already');
    }
    this.links.use(record, at);
    this.#seq += 1;
    const row: Row = { record: { ...record, seq: this.#seq }, timeline: [] };
    for (const entry of timeline) addEntry(row, at, entry);
    this.rows.set(record.id, row);
    this.outbox.insert(record.id, deliveries, at);
    this.placements.add(record.id, placements, at);
    return row.record;
  }

  get(id: string): StoredUpload | undefined {
    return this.rows.get(id)?.record;
  }

  records(): StoredUpload[] {
    return [...this.rows.values()].map(({ record }) => record);
  }

  finalsWith(part: string): StoredUpload[] {
    return this.records().filter(({ parts }) => parts.includes(part));
  }

  /** This is the only process, so it takes a lease over from one of its own earlier requests. */
  take({ id, seq }: StoredUpload): Lease {
    this.#epoch += 1;
    this.leases.set(id, this.#epoch);
    return { id, seq, epoch: this.#epoch };
  }

  /** The row of a valid lease, or undefined. */
  held({ id, epoch }: Lease): Row | undefined {
    return this.leases.get(id) === epoch ? this.rows.get(id) : undefined;
  }

  drop({ id, epoch }: Lease): void {
    if (this.leases.get(id) === epoch) this.leases.delete(id);
  }
}

export function addEntry(row: Row, at: number, event: TimelineEvent): void {
  const { timeline } = row;
  const step = follow(timeline.at(-1), timeline.length, { at, ...event });
  timeline[step.position - 1] = step.entry;
}
