import { crc32 } from '../../src/storage/model/crc32.ts';
import { isGone, isUnfinished, type StoredUpload } from '../../src/storage/model/upload.ts';
import type { FsyncMode } from '../../src/storage/uploads/durability.ts';
import { RETENTION } from './daemon.ts';
import { BAD_SENDER, type Known, type Ledger, senderOf } from './ledger.ts';
import type { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';
import type { World } from './worlds/world.ts';

type State = StoredUpload['state'];

/** What a state may become. */
const NEXT: Record<State, readonly State[]> = {
  receiving: ['joining', 'finished', 'removing'],
  joining: ['finished', 'removing'],
  finished: ['removing'],
  removing: ['removed'],
  removed: [],
};

interface Seen {
  record: StoredUpload | undefined;
  content: Buffer | undefined;
}

/** Looks at the world after every step for a promise that is broken. */
export class Judge {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #scheduler: Scheduler;
  readonly #seen = new Map<string, Seen>();
  /** The changes of the world that were looked at. */
  #changes = -1;
  /** A daemon has begun to serve since. */
  #serves = false;
  /** Records that a power cut has put out of line with their bytes, until a daemon serves again. */
  readonly #unsettled = new Set<string>();

  constructor(world: World, ledger: Ledger, scheduler: Scheduler) {
    this.#world = world;
    this.#ledger = ledger;
    this.#scheduler = scheduler;
  }

  /**
   * The power was cut: what the disk and the catalog say now is where the next steps begin. Throws the
   * Violation that it finds: while `fsync` is "always" nothing is recorded that was not synced.
   */
  cut(mode: FsyncMode): void {
    this.#seen.clear();
    for (const record of this.#world.journal.records.records()) {
      const { id, offset, kind } = record;
      this.#unsettled.add(id);
      if (mode !== 'always' || isGone(record) || kind === 'final' || offset === 0) continue;
      // Half of its removal may be lost, and of a creation that failed nobody knows.
      const known = this.#ledger.uploads.get(id);
      if (!known?.told || known.going || known.removalAsked > 0) continue;
      const content = this.#world.contentOf(id)?.subarray(0, offset);
      if (content?.length !== offset || crc32(content, 0) !== record.crc32) {
        throw new Violation(
          'what is recorded survives a power cut',
          `${id}: ${offset} recorded, ${content?.length ?? 'nothing'} there or other bytes`,
        );
      }
    }
  }

  /** A daemon serves: record and bytes are in line again. */
  serves(): void {
    this.#unsettled.clear();
    this.#seen.clear();
    this.#changes = -1;
    this.#serves = true;
  }

  /** Throws the Violation that it finds. */
  check(): void {
    const changes = this.#world.changes();
    if (changes === this.#changes) return;
    this.#changes = changes;
    const broken = this.#world.broken?.();
    if (broken)
      throw new Violation('a part number is used for the same bytes by one writer', broken);
    if (this.#serves) this.#begin();
    const { rows } = this.#world.journal.records;
    for (const known of this.#ledger.uploads.values()) {
      const record = rows.get(known.id)?.record;
      const content = this.#world.contentOf(known.id);
      const seen = this.#seen.get(known.id);
      if (seen && seen.record === record && seen.content === content) continue;
      if (seen?.record && record && seen.record !== record) this.#step(known, seen.record, record);
      this.#seen.set(known.id, { record, content });
      this.#look(known, record, content);
    }
  }

  /**
   * A client received an offset; `floor` had been when it asked. Throws when the bytes before it are not what clients sent.
   */
  told(known: Known, offset: number, floor: number): void {
    const content = this.#world.contentOf(known.id);
    const before = known.acknowledged.length;
    if (offset < Math.min(before, floor) && known.removalAsked === 0) {
      throw new Violation(
        'an acknowledged offset never moves back',
        `${known.id}: ${before} became ${offset}`,
      );
    }
    if (!content || content.length < offset) {
      if (known.removalAsked > 0 || known.removed || known.going) return;
      throw new Violation(
        'what was acknowledged is there',
        `${known.id}: ${offset} told, ${content?.length ?? 'nothing'} there`,
      );
    }
    this.#verified(known, offset);
    if (offset > before) known.acknowledged = Buffer.from(content.subarray(0, offset));
    this.#sent(known, known.acknowledged);
  }

  /** A client got the answer that its upload is not there. Throws when it is. */
  toldGone({ id, told }: Known): void {
    const record = this.#world.journal.records.rows.get(id)?.record;
    if (!told || !record || isGone(record) || !this.#world.contentOf(id)) return;
    if (record.activeAt + RETENTION <= this.#scheduler.now()) return;
    throw new Violation('what is there is not told to be gone', `${id}: ${record.state}`);
  }

  /** What a crash has left of uploads whose clients never learnt of them. */
  #begin(): void {
    this.#serves = false;
    for (const known of this.#ledger.uploads.values()) {
      const record = this.#world.journal.records.rows.get(known.id)?.record;
      const content = this.#world.contentOf(known.id);
      if (known.told || known.kind === 'final' || !record || !content || isGone(record)) continue;
      const counts = Math.min(record.offset, record.uncommittedFrom ?? record.offset);
      this.#verified(known, counts);
      if (content.length >= counts) this.#sent(known, content.subarray(0, counts));
    }
  }

  #step(known: Known, before: StoredUpload, record: StoredUpload): void {
    const { id } = known;
    if (before.state !== record.state && !NEXT[before.state].includes(record.state)) {
      throw new Violation(
        'a state never goes back',
        `${id}: ${before.state} became ${record.state}`,
      );
    }
    if (isGone(before) || before.state === 'finished') {
      const same = before.offset === record.offset && before.length === record.length;
      if (!same || before.crc32 !== record.crc32) {
        throw new Violation('what is finished or removed does not change', id);
      }
    }
    if (record.state === 'removing' && before.state !== 'removing')
      this.#removal(known, before, record);
  }

  #removal(known: Known, before: StoredUpload, { removedWhy }: StoredUpload): void {
    const { id } = known;
    const idle = this.#scheduler.now() - before.activeAt;
    const kept = before.state === 'finished' && before.kind !== 'partial';
    const asked =
      known.removalAsked > 0 && (removedWhy === 'terminated' || removedWhy === 'operator');
    const expired =
      (removedWhy === 'expired' || removedWhy === 'cleanup') && !kept && idle >= RETENTION;
    const rejected = removedWhy === 'rejected' && !known.told && before.state !== 'finished';
    const missing = removedWhy === 'file-missing' && this.#world.contentOf(id) === undefined;
    if (!asked && !expired && !rejected && !missing) {
      throw new Violation(
        'nothing is removed without a reason',
        `${id}: ${before.state}, ${removedWhy}`,
      );
    }
    const needed = known.kind === 'partial' && this.#isNeeded(id);
    if (needed) throw new Violation('a part stays while a final upload needs it', id);
    known.going = true;
  }

  #isNeeded(part: string): boolean {
    for (const { record } of this.#world.journal.records.rows.values()) {
      if (isUnfinished(record) && record.parts.includes(part)) return true;
    }
    return false;
  }

  #look(known: Known, record: StoredUpload | undefined, content: Buffer | undefined): void {
    const { id } = known;
    const gone = record === undefined || isGone(record);
    if (known.removed && (!gone || content)) {
      throw new Violation('what was removed is gone everywhere', `${id} is ${record?.state}`);
    }
    if (known.removalAsked > 0 || known.going) return;
    if (known.told && gone) {
      throw new Violation('a confirmed creation stays', `${id} is ${record?.state ?? 'unknown'}`);
    }
    if (known.finished && record?.state !== 'finished') {
      throw new Violation('a finished upload stays finished', `${id} is ${record?.state}`);
    }
    if (gone) return;
    const { acknowledged } = known;
    const there = content?.subarray(0, acknowledged.length);
    if (acknowledged.length > 0 && !there?.equals(acknowledged)) {
      throw new Violation(
        'what was acknowledged is there',
        `${id}: ${acknowledged.length} told, ${content?.length ?? 'nothing'} there or other bytes`,
      );
    }
    if (record.state === 'finished') this.#whole(known, record, content);
    else if (!this.#unsettled.has(id) && record.kind !== 'final' && known.told)
      this.#inLine(known, record, content);
  }

  #whole(known: Known, record: StoredUpload, content: Buffer | undefined): void {
    const { length, offset } = record;
    if (!content || content.length !== length || offset !== length) {
      throw new Violation(
        'a finished upload is whole',
        `${known.id}: ${length} bytes, ${offset} recorded, ${content?.length ?? 'nothing'} there`,
      );
    }
    if (crc32(content, 0) !== record.crc32) {
      throw new Violation(
        'a finished upload is whole',
        `${known.id}: its bytes have another CRC-32`,
      );
    }
    this.#sent(known, content);
  }

  #inLine(known: Known, record: StoredUpload, content: Buffer | undefined): void {
    const { offset, uncommittedFrom } = record;
    if (!content) return;
    if (content.length < offset) {
      throw new Violation(
        'what is recorded is there',
        `${known.id}: ${offset} recorded, ${content.length} there`,
      );
    }
    if (crc32(content.subarray(0, offset), 0) !== record.crc32) {
      throw new Violation('the recorded CRC-32 is that of the bytes', known.id);
    }
    const counts = Math.min(offset, uncommittedFrom ?? offset);
    this.#verified(known, counts);
    this.#sent(known, content.subarray(0, counts));
  }

  #verified({ id, verified }: Known, counts: number): void {
    if (verified !== null && counts > verified) {
      throw new Violation(
        'bytes count once they are verified',
        `${id}: ${counts} count, ${verified} were verified`,
      );
    }
  }

  /** Every byte that counts was sent by a client who meant it. */
  #sent(known: Known, content: Buffer): void {
    if (known.kind === 'final') {
      const parts = known.parts.map((id) => this.#ledger.uploads.get(id)!);
      let from = 0;
      for (const part of parts) {
        const { length } = this.#world.journal.records.rows.get(part.id)?.record ?? {};
        if (length === undefined || length === null) return;
        this.#sent(part, content.subarray(from, from + length));
        from += length;
      }
      return;
    }
    for (let at = 0; at < content.length; at += 1) {
      const sender = senderOf(known.number, at, content[at]!);
      if (sender < 1 || sender >= BAD_SENDER) {
        throw new Violation(
          'only bytes that clients sent count',
          `${known.id}: byte ${at} is ${sender >= BAD_SENDER && sender < BAD_SENDER + 20 ? 'of a request with a wrong checksum' : 'not of any client'}`,
        );
      }
    }
  }
}
