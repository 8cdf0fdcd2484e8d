import type { MovedTo } from './moved-to.ts';

/** The catalog's record of one upload. Times are milliseconds since the epoch, sizes are bytes. */
export interface UploadRecord {
  readonly id: string;
  /** A partial upload is a part of a later final one; a final one is joined from its parts. */
  readonly kind: 'single' | 'partial' | 'final';
  readonly state: RecordState;
  /** null until the client declares it. */
  readonly length: number | null;
  /** As last recorded; the size of the data file takes precedence (see UploadStore.find). */
  readonly offset: number;
  /**
   * Where a request that must count as a whole (it carries a checksum) began: bytes beyond this offset
   * are not verified. null when no such request is running.
   */
  readonly uncommittedFrom: number | null;
  /** Running CRC-32 of the bytes before `offset`. */
  readonly crc32: number;
  /** As the client sent it, in the notation of metadata.ts. null when none was sent. */
  readonly metadata: string | null;
  /** The file name from the client's metadata; hostile text. */
  readonly name: string | null;
  /** Ids of a final upload's parts in order (one id may stand twice); empty for the others. */
  readonly parts: readonly string[];
  /** Text that the protocol must return to its client unchanged (tus: Upload-Concat). */
  readonly protocolData: string | null;
  readonly createdAt: number;
  /** When the last byte came; the time of creation if none has. */
  readonly activeAt: number;
  readonly finishedAt: number | null;
  readonly removedAt: number | null;
  readonly removedWhy: RemovalReason | null;
  /**
   * When the upload is removed at the latest, whatever the retention policy says; null leaves it to the
   * policy.
   */
  readonly expiresAt: number | null;
  /** Complete downloads until the upload is removed; null for any number. */
  readonly downloadsLeft: number | null;
  /** Why a hook refused to let the upload finish; null when none did. */
  readonly refusal: string | null;
  /** The path that a hook has chosen for the finished file, within the folder that is configured for that. */
  readonly wantedPath: string | null;
  /** Where the bytes are since a rule moved them out of the store; null while the store has them. */
  readonly movedTo: MovedTo | null;
  /**
   * Where the store keeps the bytes, in the store's own notation; null where the id alone tells. It is
   * recorded together with the offset that it belongs to.
   */
  readonly layout: string | null;
  readonly origin: Origin;
  /**
   * The principal that created it; null for an upload without an owner, which exists for everyone.
   */
  readonly owner: string | null;
}

/** A record as the catalog holds it. */
export type StoredUpload = UploadRecord & {
  /** Rises with every creation; one id never has two. */
  readonly seq: number;
};

/** The fields that may change after creation, as a patch. */
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
  readonly expiresAt?: number | null;
  readonly downloadsLeft?: number | null;
  readonly movedTo?: MovedTo | null;
  readonly layout?: string | null;
}

/** removing: claimed, the file goes next. removed: only this record is left (410, not 404). */
export const RECORD_STATES = ['receiving', 'joining', 'finished', 'removing', 'removed'] as const;

export type RecordState = (typeof RECORD_STATES)[number];

export type RemovalReason =
  | 'expired'
  | 'terminated'
  | 'cleanup'
  /** `tusd-ts remove`. */
  | 'operator'
  /** It was downloaded as often as its client allowed. */
  | 'downloaded'
  /** A hook ended it. */
  | 'stopped'
  /** The request that created it failed, so its client never learned the URL. */
  | 'rejected'
  | 'file-missing';

/** true for a finished upload that is a file of its own: it is never removed as abandoned. */
export function isKept(record: Pick<UploadRecord, 'state' | 'kind'>): boolean {
  return record.state === 'finished' && record.kind !== 'partial';
}

/** true once a removal was claimed: only the remover still sees the upload. */
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
  /** The id of the request; undefined where requests have none. */
  readonly requestId?: string;
  /** The name of the principal that asked; absent when it has none. */
  readonly principal?: string;
}

/** Who makes a request while access is restricted. */
export interface Principal {
  /** null for a client without credentials. */
  readonly name: string | null;
  /** Uploads of others exist for it, too: it may read them and change only its own. */
  readonly readsAny: boolean;
  /** The largest upload it may create (bytes), or null for no limit of its own. */
  readonly maxSize: number | null;
  /** What all its uploads hold together is limited. */
  readonly limited: boolean;
}

/** The origin of a change. */
export interface Caller {
  /** Recorded in the timeline. */
  readonly origin: Origin;
  /**
   * The request itself, for the layers above: storage passes it to guards and listeners and never reads
   * it. null for changes that the program makes on its own.
   */
  readonly request: object | null;
  /** Absent while access is not restricted, and for changes that the program makes on its own. */
  readonly principal?: Principal | undefined;
}

/** true for an upload that belongs to another principal than the caller. */
export function isOthers({ owner }: Pick<UploadRecord, 'owner'>, { principal }: Caller): boolean {
  return principal !== undefined && owner !== null && owner !== principal.name;
}

/** The caller for changes that the program makes on its own, with the origin of the upload's creator. */
export function nobody(record: UploadRecord): Caller {
  return { origin: record.origin, request: null };
}

/**
 * Tells the finished upload from every other file that was ever stored; null before it is finished,
 * since its bytes may still change.
 */
export function versionOf({ id, state, crc32 }: UploadRecord): string | null {
  return state === 'finished' ? `${id}-${crc32.toString(16)}` : null;
}

/**
 * The status of an upload as people see it, derived by `statusOf`. `expired`: its time is up and the
 * next sweep removes it.
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
