import type {
  Adopted,
  Catalog,
  Creation,
  Ending,
  Finish,
  Held,
  Inheritance,
  JoinStart,
  Lease,
  Progress,
  Refusal,
} from '../../../src/storage/catalog/catalog.ts';
import {
  addCounts,
  forgetCounts,
  holdingsOf,
  listCounts,
} from '../../../src/storage/catalog/memory/counting.ts';
import type { Outbox } from '../../../src/storage/catalog/outbox.ts';
import type { Placements } from '../../../src/storage/catalog/placements.ts';
import type {
  AskedListener,
  OwnerRole,
  ProcessInfo,
  ProcessReport,
} from '../../../src/storage/catalog/processes.ts';
import type { RemovalClaim } from '../../../src/storage/catalog/removal-claim.ts';
import type { Count, Counted, Holdings } from '../../../src/storage/model/counting.ts';
import type { UploadLink } from '../../../src/storage/model/link.ts';
import { isUnfinished, type StoredUpload } from '../../../src/storage/model/upload.ts';
import type { Effects } from '../effects.ts';
import type { Journal } from './journal.ts';
import type { Named } from './records.ts';
import { simulatedOutbox } from './simulated-outbox.ts';
import { simulatedPlacements } from './simulated-placements.ts';
import { idsOf, SimulatedReads } from './simulated-reads.ts';
import { UnitsOfWork } from './units-of-work.ts';

/** The simulated catalog as one process uses it. */
export class SimulatedCatalog extends SimulatedReads implements Catalog {
  readonly outbox: Outbox;
  #placements: Placements | undefined;
  protected readonly owner: string;
  readonly #role: OwnerRole;
  #epoch = 0;

  constructor(journal: Journal, effects: Effects, owner: string, role: OwnerRole) {
    super(new UnitsOfWork(journal, effects));
    this.owner = owner;
    this.#role = role;
    this.outbox = simulatedOutbox(this.work);
  }

  get placements(): Placements {
    this.#placements ??= simulatedPlacements(this.work);
    return this.#placements;
  }

  createUpload(creation: Creation): Promise<StoredUpload> {
    return this.work.write((records) => records.insert(creation));
  }

  createLeased(creation: Creation): Promise<{ record: StoredUpload; lease: Lease }> {
    const holder = this.newHolder();
    return this.work.write((records) => {
      const record = records.insert(creation);
      records.take(record.id, holder, this.leasesAt(creation.at));
      return { record, lease: { id: record.id, seq: record.seq, epoch: holder.epoch } };
    });
  }

  createFinished(creation: Creation): Promise<StoredUpload> {
    return this.createUpload(creation);
  }

  adopt(adopted: Adopted): Promise<StoredUpload> {
    return this.work.write((records) => records.adopt(adopted));
  }

  beginAppend(id: string, at: number): Promise<Held | undefined> {
    const holder = this.newHolder();
    return this.work.write((records) => {
      const record = records.rows.get(id)?.record;
      if (!record) return undefined;
      const takesBytes = record.state === 'receiving' && record.kind !== 'final';
      const taken = takesBytes && records.take(id, holder, this.leasesAt(at));
      return { record, lease: taken ? { id, seq: record.seq, epoch: holder.epoch } : null };
    });
  }

  record(lease: Lease, ending: Ending): Promise<boolean> {
    return this.work.write((records) => records.record(this.#named(lease), ending));
  }

  progress(batch: readonly Progress[]): Promise<readonly Lease[]> {
    return this.work.write((records) => records.progress(this.owner, batch));
  }

  voided(leases: readonly Lease[]): Promise<readonly Lease[]> {
    return this.work.read((records) => leases.filter((lease) => !records.held(this.#named(lease))));
  }

  endAppend(lease: Lease, ending: Ending): Promise<boolean> {
    return this.work.write((records) => {
      const recorded = records.record(this.#named(lease), ending);
      records.drop(this.#named(lease));
      return recorded;
    });
  }

  release(lease: Lease): Promise<void> {
    return this.work.write((records) => records.drop(this.#named(lease)));
  }

  finish(lease: Lease, finish: Finish): Promise<boolean> {
    return this.work.write((records) => records.finish(this.#named(lease), finish));
  }

  refuse(lease: Lease, refusal: Refusal): Promise<boolean> {
    return this.work.write((records) => records.refuse(this.#named(lease), refusal));
  }

  beginJoin(id: string, at: number): Promise<JoinStart> {
    const holder = this.newHolder();
    return this.work.write((records) => records.beginJoin(id, holder, at, this.leasesAt(at)));
  }

  finalsWaitingFor(part: string): Promise<string[]> {
    return this.work.read((records) => idsOf(records.finalsWith(part).filter(isUnfinished)));
  }

  touch(id: string, at: number): Promise<void> {
    return this.work.write((records) => records.touch(id, at));
  }

  countDownload(id: string, at: number): Promise<number | null> {
    return this.work.reserved((records) => records.countDownload(id, at));
  }

  claimRemoval(seen: StoredUpload, claim: RemovalClaim) {
    return this.work.reserved((records) =>
      records.claimRemoval(this.owner, seen, claim, this.leasesAt(claim.at)),
    );
  }

  removalDone(id: string): Promise<void> {
    return this.work.reserved((records) => records.removalDone(id));
  }

  forget(before: number, limit: number): Promise<number> {
    return this.work.write((records) => records.forget(before, limit));
  }

  heartbeat(at: number, report: ProcessReport): Promise<void> {
    const role = this.#role;
    return this.work.beat((records) => {
      records.owners.set(this.owner, { role, beatAt: this.leasesAt(at), report });
    });
  }

  processes(at: number): Promise<ProcessInfo[]> {
    return this.work.read((records) => records.processes(this.leasesAt(at)));
  }

  async ask(_id: string, _urgent: boolean): Promise<boolean> {
    return false;
  }

  onAsked(_listener: AskedListener): void {}

  inheritLeases(_at: number): Promise<Inheritance> {
    const holder = this.newHolder();
    return this.work.reserved((records) => records.inherit(holder));
  }

  leave(): Promise<void> {
    return this.work.write((records) => records.leave(this.owner));
  }

  isLeased(id: string, at: number): Promise<boolean> {
    return this.work.read((records) => records.isLeased(id, this.leasesAt(at)));
  }

  writerOf(id: string, at: number): Promise<ProcessInfo | null> {
    return this.work.read((records) => records.writerOf(id, this.leasesAt(at)));
  }

  claimSlot(schedule: string, slot: number): Promise<boolean> {
    return this.work.write(({ notes }) => {
      if (Number(notes.get(`slot:${schedule}`) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
      notes.set(`slot:${schedule}`, String(slot));
      return true;
    });
  }

  note(key: string): Promise<string | null> {
    return this.work.read(({ notes }) => notes.get(key) ?? null);
  }

  setNote(key: string, value: string): Promise<void> {
    return this.work.reserved(({ notes }) => {
      notes.set(key, value);
    });
  }

  createLink(link: UploadLink): Promise<void> {
    return this.work.write(({ links }) => links.create(link));
  }

  link(id: string): Promise<UploadLink | undefined> {
    return this.work.read(({ links }) => links.get(id));
  }

  links(): Promise<UploadLink[]> {
    return this.work.read(({ links }) => links.all());
  }

  revokeLink(id: string, at: number): Promise<boolean> {
    return this.work.write(({ links }) => links.revoke(id, at));
  }

  count(batch: readonly Count[]): Promise<readonly number[]> {
    return this.work.write(({ counts }) => addCounts(counts, batch));
  }

  allCounts(): Promise<readonly Count[]> {
    return this.work.read(({ counts }) => listCounts(counts));
  }

  forgetCounts(what: Counted, before: number): Promise<void> {
    return this.work.write(({ counts }) => forgetCounts(counts, what, before));
  }

  holdings(): Promise<Holdings> {
    return this.work.read((records) => holdingsOf(records.records()));
  }

  persist(): Promise<void> {
    return this.work.persist();
  }

  async probe(): Promise<void> {}

  async checkIntegrity(): Promise<string> {
    return 'ok';
  }

  async close(): Promise<void> {}

  protected newHolder() {
    this.#epoch += 1;
    return { owner: this.owner, epoch: this.#epoch };
  }

  /** Whose clock decides about leases: here that of the caller. */
  protected leasesAt(at: number): number {
    return at;
  }

  #named(lease: Lease): Named {
    return { ...lease, owner: this.owner };
  }
}
