import { Fault } from '../../fault.ts';
import { LINK_PREFIX } from '../../text/principal-name.ts';
import type { UploadRecord } from './upload.ts';

/** An upload link: anyone who has its token may upload. Times are milliseconds since the epoch. */
export interface UploadLink {
  /** Part of the token, and no secret. */
  readonly id: string;
  /** What its maker calls it. */
  readonly name: string;
  /** The SHA-256 of the token, in hex. */
  readonly hash: string;
  /** The password's hash (src/access/links), or null when there is none. */
  readonly password: string | null;
  readonly createdAt: number;
  /** null for never. */
  readonly expiresAt: number | null;
  /** The largest upload (bytes), or null. */
  readonly maxSize: number | null;
  /** How many uploads it takes in all, or null. Parts of a final upload do not count. */
  readonly maxUploads: number | null;
  /** How many were created with it. */
  readonly uploads: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** The owner of the uploads of a link. */
export function ownerOfLink(id: string): string {
  return `${LINK_PREFIX}${id}`;
}

/** The id of the link that a new upload uses up; null for any other upload, and for parts. */
export function linkUsedBy({ owner, kind }: Pick<UploadRecord, 'owner' | 'kind'>): string | null {
  if (kind === 'partial' || !owner?.startsWith(LINK_PREFIX)) return null;
  return owner.slice(LINK_PREFIX.length);
}

/** The link after one more upload. Throws FORBIDDEN when it takes none any more. */
export function used(link: UploadLink, at: number): UploadLink {
  if (link.revokedAt !== null) throw new Fault('FORBIDDEN', 'this link was revoked');
  if (isUsedUp(link)) throw usedUp();
  return { ...link, uploads: link.uploads + 1, lastUsedAt: at };
}

export function isUsedUp({ maxUploads, uploads }: UploadLink): boolean {
  return maxUploads !== null && uploads >= maxUploads;
}

export function usedUp(): Fault {
  return new Fault('FORBIDDEN', 'this link has taken all the uploads that it may take');
}
