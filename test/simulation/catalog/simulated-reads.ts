import {
  inOrder,
  isCondemnable,
  isFolded,
  matches,
  movedBytes,
  statusTotals,
  totals,
  unfinishedTotals,
} from '../../../src/storage/catalog/memory/memory-list.ts';
import type { ListQuery, StatusMoment } from '../../../src/storage/model/list-query.ts';
import { isGone, isUnfinished, type StoredUpload } from '../../../src/storage/model/upload.ts';
import type { UnitsOfWork } from './units-of-work.ts';

const PAGE = 500;

/** The questions that the simulated catalog answers. */
export class SimulatedReads {
  protected readonly work: UnitsOfWork;

  constructor(work: UnitsOfWork) {
    this.work = work;
  }

  get(id: string): Promise<StoredUpload | undefined> {
    return this.work.read((records) => records.rows.get(id)?.record);
  }

  async *list(query: ListQuery): AsyncGenerator<readonly StoredUpload[]> {
    const ids = await this.work.read((records) => {
      const all = records.records();
      const wanted = all.filter(
        (record) =>
          matches(record, query) &&
          !(query.foldParts && isFolded(record, all)) &&
          !(query.undelivered && !records.placements.isPending(record.id)),
      );
      return idsOf(inOrder(wanted, query));
    });
    for (let index = 0; index < ids.length; index += PAGE) {
      const page = ids.slice(index, index + PAGE);
      yield await this.work.read(({ rows }) => page.flatMap((id) => rows.get(id)?.record ?? []));
    }
  }

  async *condemnable(at: StatusMoment): AsyncGenerator<StoredUpload> {
    const found = await this.ids((record) => isCondemnable(record, at));
    for (const id of found) {
      const record = await this.get(id);
      if (record) yield record;
    }
  }

  unfinishedRemovals(): Promise<StoredUpload[]> {
    return this.work.read((records) =>
      records.records().filter(({ state }) => state === 'removing'),
    );
  }

  unfinished(): Promise<string[]> {
    return this.ids(isUnfinished);
  }

  unfinishedButComplete(): Promise<string[]> {
    return this.ids((record) => {
      const { kind, offset, length, refusal } = record;
      return isUnfinished(record) && (kind === 'final' || (offset === length && refusal === null));
    });
  }

  finalsOf(part: string): Promise<StoredUpload[]> {
    return this.work.read((records) => records.finalsWith(part));
  }

  receivedOfParts({ parts }: StoredUpload): Promise<number> {
    return this.work.read(({ rows }) =>
      parts.reduce((sum, id) => sum + (rows.get(id)?.record.offset ?? 0), 0),
    );
  }

  hasOwners(): Promise<boolean> {
    return this.work.read((records) => records.records().some(({ owner }) => owner !== null));
  }

  hasParts(): Promise<boolean> {
    return this.work.read((records) =>
      records.records().some(({ kind, parts }) => kind === 'partial' || parts.length > 0),
    );
  }

  async *stored(): AsyncGenerator<readonly { readonly id: string; readonly activeAt: number }[]> {
    const page = await this.work.read((records) =>
      records.records().filter((record) => !isGone(record) && record.movedTo === null),
    );
    if (page.length > 0) yield page;
  }

  known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.work.read(
      ({ rows }) =>
        new Set(ids.filter((id) => (rows.get(id)?.record.state ?? 'removed') !== 'removed')),
    );
  }

  async idsBeginningWith(prefix: string, limit: number): Promise<string[]> {
    return (await this.ids(({ id }) => id.startsWith(prefix))).toSorted().slice(0, limit);
  }

  timeline({ id, seq }: StoredUpload) {
    return this.work.read(({ rows }) => {
      const row = rows.get(id);
      return row?.record.seq === seq ? [...row.timeline] : [];
    });
  }

  totals() {
    return this.work.read((records) => totals(records.records()));
  }

  unfinishedTotals(at: StatusMoment) {
    return this.work.read((records) => unfinishedTotals(records.records(), at));
  }

  statusTotals(at: StatusMoment, owner?: string) {
    return this.work.read((records) => statusTotals(records.records(), at, owner));
  }

  movedBytes(owner?: string) {
    return this.work.read((records) => movedBytes(records.records(), owner));
  }

  protected ids(wanted: (record: StoredUpload) => boolean): Promise<string[]> {
    return this.work.read((records) => idsOf(records.records().filter(wanted)));
  }
}

export function idsOf(records: readonly StoredUpload[]): string[] {
  return records.map(({ id }) => id);
}
