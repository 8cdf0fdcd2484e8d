import { Fault } from '../../../fault.ts';
import { linkUsedBy, type UploadLink, used } from '../../model/link.ts';
import type { UploadRecord } from '../../model/upload.ts';

/** Upload links in memory. */
export class MemoryLinks {
  readonly #links = new Map<string, UploadLink>();

  create(link: UploadLink): void {
    if (this.#links.has(link.id)) {
      throw new Fault('CONFLICT', 'a link of this id is there already');
    }
    this.#links.set(link.id, link);
  }

  get(id: string): UploadLink | undefined {
    return this.#links.get(id);
  }

  all(): UploadLink[] {
    return [...this.#links.values()].toReversed().toSorted((a, b) => b.createdAt - a.createdAt);
  }

  revoke(id: string, at: number): boolean {
    const link = this.#links.get(id);
    if (!link || link.revokedAt !== null) return false;
    this.#links.set(id, { ...link, revokedAt: at });
    return true;
  }

  /** Counts a new upload for its link. Throws FORBIDDEN. */
  use(record: UploadRecord, at: number): void {
    const link = this.#links.get(linkUsedBy(record) ?? '');
    if (link) this.#links.set(link.id, used(link, at));
  }
}
