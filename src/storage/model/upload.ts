/** What the catalog knows of one upload. Times are milliseconds since the epoch, sizes are bytes. */
export interface UploadRecord {
  readonly id: string;
  /** A partial upload is a part of a later final one; a final one is joined from its parts. */
  readonly kind: 'single' | 'partial' | 'final';
  readonly state: RecordState;
  /** null while the client has not said how long it will be. */
  readonly length: number | null;
  /** As last recorded; the data file's size is the truth (see UploadStore.find). */
  readonly offset: number;
  /**
   * Where a request that must count as a whole (it carries a checksum) began; bytes beyond this
   * offset were never verified. null when no such request is under way.
   */
  readonly uncommittedFrom: number | null;
  /** Running CRC-32 of the bytes before `offset`. */
  readonly crc32: number;
  /** As the client sent it, in the notation of metadata.ts. null when none was sent. */
  readonly metadata: string | null;
  /** What the client called the file, taken from the metadata; hostile text. */
  readonly name: string | null;
  /** Ids of a final upload's parts in order (one id may stand twice); empty for the others. */
  readonly parts: readonly string[];
  /** What the protocol must give back to its client word for word (tus: Upload-Concat). */
  readonly protocolData: string | null;
  readonly createdAt: number;
  /** When the last byte came, or the creation when none has. */
  readonly activeAt: number;
  readonly finishedAt: number | null;
  readonly removedAt: number | null;
  readonly removedWhy: RemovalReason | null;
  /** Why a hook refused to let the upload finish; null when none did. */
  readonly refusal: string | null;
  readonly origin: Origin;
}

/** A record as the catalog holds it. */
export type StoredUpload = UploadRecord & {
  /** Rises with every creation; one id never has two. */
  readonly seq: number;
};

/** What may change after creation, as a patch. */
export interface UploadChange {
  readonly state?: RecordState;
  readonly length?: number | null;
  readonly offset?: number;
  readonly uncommittedFrom?: number | null;
  readonly crc32?: number;
  readonly activeAt?: number;
  readonly finishedAt?: number | null;
  readonly removedAt?: number | null;
  readonly removedWhy?: RemovalReason | null;
  readonly refusal?: string | null;
}

/** removing: claimed, the file goes next. removed: only this memory of it is left (410, not 404). */
export const RECORD_STATES = ['receiving', 'joining', 'finished', 'removing', 'removed'] as const;

export type RecordState = (typeof RECORD_STATES)[number];

export type RemovalReason =
  | 'expired'
  | 'terminated'
  | 'cleanup'
  /** `tusd-ts remove`. */
  | 'operator'
  /** A hook ended it. */
  | 'stopped'
  /** The request that made it failed, so its client never learnt its URL. */
  | 'rejected'
  | 'file-missing';

/** true for what was finished and is a file of its own: it is never removed as abandoned. */
export function isKept(record: Pick<UploadRecord, 'state' | 'kind'>): boolean {
  return record.state === 'finished' && record.kind !== 'partial';
}

/** true once a removal was claimed: for everybody but the one who removes it, it is gone. */
export function isGone({ state }: Pick<UploadRecord, 'state'>): boolean {
  return state === 'removing' || state === 'removed';
}

/** true while bytes, parts or a finish are still to come. */
export function isUnfinished({ state }: Pick<UploadRecord, 'state'>): boolean {
  return state === 'receiving' || state === 'joining';
}

/** true for a final upload whose parts are not joined: it has no bytes of its own. */
export function isUnjoined({ kind, state }: Pick<UploadRecord, 'state' | 'kind'>): boolean {
  return kind === 'final' && state !== 'finished';
}

/** Where a request came from. */
export interface Origin {
  /** "tus 1.0.0" */
  readonly protocol: string;
  /** The client's IP address. */
  readonly address: string;
  /** User-Agent, or null. */
  readonly agent: string | null;
}

/** Who asks for a change. */
export interface Caller {
  /** What is recorded of it. */
  readonly origin: Origin;
  /**
   * The request itself, which belongs to the rooms above: storage passes it to guards and listeners
   * and never reads it. null for what the program does of itself.
   */
  readonly request: object | null;
}

/** The caller of what the program does of itself, on behalf of whoever made the upload. */
export function nobody(record: UploadRecord): Caller {
  return { origin: record.origin, request: null };
}

/**
 * What tells the finished upload from every other file that was ever here; null before, since its
 * bytes may still change.
 */
export function versionOf({ id, state, crc32 }: UploadRecord): string | null {
  return state === 'finished' ? `${id}-${crc32.toString(16)}` : null;
}

/**
 * What a person is told about an upload's state, as `statusOf` derives it; `expired` means its time
 * is up and the next sweep takes it.
 */
export const UPLOAD_STATUSES = [
  'receiving',
  'stalled',
  'waiting',
  'joining',
  'finished',
  'expired',
  'removed',
] as const;

export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

/** An upload is called stalled when no byte has come for this long (milliseconds). */
export const STALLED_AFTER = 10_000;

/** Derives the status at `now`. `expiresAt` comes from the retention policy; null means never. */
export function statusOf(
  record: UploadRecord,
  now: number,
  expiresAt: number | null,
): UploadStatus {
  if (isGone(record)) return 'removed';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  if (record.state === 'finished') return 'finished';
  if (record.state === 'joining') return 'joining';
  if (record.kind === 'final') return 'waiting';
  return now - record.activeAt < STALLED_AFTER ? 'receiving' : 'stalled';
}
