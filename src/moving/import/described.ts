import { isUploadId } from '../../storage/model/upload-id.ts';
import { type Candidate, type Found, oddity } from './candidate.ts';
import { metadataFrom } from './metadata-from.ts';

/** An upload as another server describes it. */
export interface Described {
  readonly id: string;
  /** null while the client has not declared it. */
  readonly length: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly kind: Candidate['kind'];
  readonly parts: readonly string[];
  readonly createdAt: number | null;
  /** Bytes that were confirmed to the client; null when that is the size of the file. */
  readonly confirmed: number | null;
}

/** What is on the disk of it. */
export interface OnDisk {
  /** The path of its description, for people. */
  readonly from: string;
  /** The path of its bytes; null when there is none. */
  readonly file: string | null;
  readonly size: number;
  readonly companions: readonly string[];
}

/**
 * Turns another server's description into a candidate, or says why it is none. A final upload that was
 * never joined completely is joined again from its parts.
 */
export function candidateOf(described: Described, disk: OnDisk): Found {
  const { id, length, kind, parts, confirmed, createdAt } = described;
  const { from, file, size, companions } = disk;
  if (!isUploadId(id))
    return oddity(from, `its id ${JSON.stringify(id)} cannot be a file name here`);
  if (!parts.every(isUploadId))
    return oddity(from, 'an id of its parts cannot be a file name here');
  const received = Math.min(size, confirmed ?? size);
  const joined = file !== null && received === length;
  if (file === null && kind !== 'final') return oddity(from, 'its data file is missing');
  if (length !== null && received > length) {
    return oddity(from, `its file has ${received} bytes, more than its length of ${length}`);
  }
  const unjoined = kind === 'final' && !joined;
  if (unjoined && parts.length === 0) return oddity(from, 'it was not joined, and has no parts');
  return {
    what: 'upload',
    ...{ id, from, kind, length, parts, createdAt, companions },
    metadata: metadataFrom(described.metadata),
    file: unjoined ? null : file,
    received: unjoined ? 0 : received,
  };
}
