import { isUsedUp, type UploadLink } from '../../storage/model/link.ts';
import { formatSize } from '../../terminal/size.ts';
import { formatDateTime, formatIso } from '../../terminal/time.ts';
import { countOf } from '../view/list-totals.ts';
import { isoOrNull } from '../view/upload-view.ts';

export type LinkStatus = 'open' | 'used up' | 'expired' | 'revoked';

export function linkStatus(link: UploadLink, now: number): LinkStatus {
  if (link.revokedAt !== null) return 'revoked';
  if (link.expiresAt !== null && link.expiresAt <= now) return 'expired';
  return isUsedUp(link) ? 'used up' : 'open';
}

/** A link for programs, without hashes. The format is stable: keys may be added, but not removed. */
export function linkJson(link: UploadLink, now: number) {
  return {
    id: link.id,
    name: link.name,
    status: linkStatus(link, now),
    uploads: link.uploads,
    maxUploads: link.maxUploads,
    maxSize: link.maxSize,
    password: link.password !== null,
    createdAt: formatIso(link.createdAt),
    expiresAt: isoOrNull(link.expiresAt),
    lastUsedAt: isoOrNull(link.lastUsedAt),
    revokedAt: isoOrNull(link.revokedAt),
  };
}

/** "5 uploads of at most 20 GiB, until 2026-12-04 23:00:00" */
export function takesText(link: UploadLink, now: number, timeZone: string | undefined): string {
  const { maxUploads, maxSize, expiresAt, password } = link;
  const count = maxUploads === null ? 'any number of uploads' : countOf(maxUploads, 'upload');
  const size = maxSize === null ? '' : ` of at most ${formatSize(maxSize)}`;
  const until = expiresAt === null ? '' : `, until ${formatDateTime(expiresAt, { timeZone })}`;
  const ended = linkStatus(link, now) === 'open' ? '' : ` (${linkStatus(link, now)})`;
  return `${count}${size}${until}${password === null ? '' : ', with a password'}${ended}`;
}
