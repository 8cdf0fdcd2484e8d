import { isIPv6 } from 'node:net';
import type { HookEvent } from '../config/hooks/hook-schema.ts';
import type { CreationDraft } from '../storage/model/events.ts';
import { readMetadata } from '../storage/model/metadata.ts';
import { isInMemory, objectAt } from '../storage/model/place.ts';
import type { Caller, RemovalReason, UploadRecord } from '../storage/model/upload.ts';
import { requestOf } from './client-request.ts';

/** Where an upload is stored. In memory it has no path; in a bucket the path is "s3://bucket/key". */
export interface UploadStorage {
  readonly Type: 'filestore' | 'memorystore' | 's3store';
  readonly Path: string;
  readonly Bucket?: string;
  readonly Key?: string;
}

/** An upload in the format of tusd's FileInfo. */
export interface UploadInfo {
  /** Empty before creation, unless a hook has chosen an id. */
  readonly ID: string;
  /** 0 while the size is unknown. */
  readonly Size: number;
  readonly SizeIsDeferred: boolean;
  readonly Offset: number;
  /** Values as text: invalid UTF-8 becomes U+FFFD, as with tusd. */
  readonly MetaData: Readonly<Record<string, string>>;
  readonly IsPartial: boolean;
  readonly IsFinal: boolean;
  readonly PartialUploads: readonly string[] | null;
  /** The principal that the upload belongs to, or null. */
  readonly Owner: string | null;
  /** null before creation. */
  readonly Storage: UploadStorage | null;
}

/** The request that caused an event; empty if the daemon caused it. */
export interface RequestInfo {
  readonly Method: string;
  readonly URI: string;
  /**
   * The client's address and port as Go writes them: "10.0.0.5:52144", "[2001:db8::5]:52144". The
   * port is 0 if unknown; the text is empty if the address is unknown.
   */
  readonly RemoteAddr: string;
  /** The principal that makes the request, or null. */
  readonly Principal: string | null;
  /** Names in Go's notation ("Upload-Offset"). */
  readonly Header: Readonly<Record<string, readonly string[]>>;
  /** The request's id in the log and in the timeline; absent if the daemon caused the event. */
  readonly RequestID?: string;
}

/**
 * The JSON of tusd's HTTP hooks (version 2): Type and Event. The other fields are ours. Sequence is
 * added when a delivery is sent (`withSequence`).
 */
export interface Payload {
  readonly Type: HookEvent;
  readonly Event: { readonly Upload: UploadInfo; readonly HTTPRequest: RequestInfo };
  /** The event's id: the same for every attempt and every hook. */
  readonly ID: string;
  /** When the event happened, ISO 8601. */
  readonly Time: string;
  /** Why an upload was removed (post-terminate and post-expire). */
  readonly Reason?: RemovalReason;
  /** Which rule has put the file where (post-deliver). */
  readonly Delivery?: { readonly Rule: string; readonly Path: string };
  /** Sent by `hooks test`: the event did not happen. */
  readonly Test?: true;
}

/** Headers with the client's credentials, which are stored in the outbox only on request. */
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization'];

/** The credentials that stay in a hook's recorded payloads. */
export function keptCredentials(forwardHeaders: readonly string[]): readonly string[] {
  return CREDENTIALS.filter((name) => forwardHeaders.includes(name));
}

export function describeUpload(record: UploadRecord, path: string): UploadInfo {
  return {
    ID: record.id,
    ...sizeOf(record.length),
    Offset: record.offset,
    MetaData: textsOf(record.metadata),
    ...kindOf(record),
    Owner: record.owner,
    Storage: storageAt(path),
  };
}

/** `place` is a path, an object of a bucket, or the in-memory storage. */
export function storageAt(place: string): UploadStorage {
  if (isInMemory(place)) return { Type: 'memorystore', Path: '' };
  const object = objectAt(place);
  if (object === null) return { Type: 'filestore', Path: place };
  return { Type: 's3store', Path: place, Bucket: object.bucket, Key: object.key };
}

/** An upload that is about to be created; it has an id only if a hook has chosen one. */
export function describeDraft(
  draft: CreationDraft,
  chosenId: string,
  { principal }: Caller,
): UploadInfo {
  return {
    ID: chosenId,
    ...sizeOf(draft.length),
    Offset: 0,
    MetaData: textsOf(draft.metadata),
    ...kindOf(draft),
    Owner: principal?.name ?? null,
    Storage: null,
  };
}

/**
 * The request with all its headers; if `credentials` is given, only those credential headers are
 * kept.
 */
export function describeRequest(caller: Caller, credentials?: readonly string[]): RequestInfo {
  const facts = requestOf(caller)?.facts;
  const requestId = facts && caller.origin.requestId;
  const headers = facts?.headers ?? {};
  // Without a prototype a header may have any name, "__proto__" included.
  const Header: Record<string, readonly string[]> = Object.create(null);
  for (const name of Object.keys(headers)) {
    const hidden = credentials && CREDENTIALS.includes(name) && !credentials.includes(name);
    if (!hidden) Header[canonicalName(name)] = headers[name] ?? [];
  }
  return {
    Method: facts?.method ?? '',
    URI: facts?.uri ?? '',
    RemoteAddr: remoteAddress(caller.origin.address, facts?.port ?? 0),
    Principal: caller.origin.principal ?? null,
    Header,
    ...(requestId === undefined ? {} : { RequestID: requestId }),
  };
}

/** An address and a port in the format of Go's net.SplitHostPort. */
export function remoteAddress(address: string, port: number): string {
  if (address === '') return '';
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

const canonicalNames = new Map<string, string>();
/** Clients can invent names; at most this many are cached. */
const MOST_NAMES = 500;

/** A header's name in Go's notation: "upload-offset" is "Upload-Offset". */
export function canonicalName(name: string): string {
  const known = canonicalNames.get(name);
  if (known !== undefined) return known;
  const canonical = name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
  if (canonicalNames.size < MOST_NAMES) canonicalNames.set(name, canonical);
  return canonical;
}

/**
 * Adds the sequence number, which is known only once the row is in the outbox, to the recorded
 * JSON.
 */
export function withSequence(json: string, sequence: number): string {
  return `${json.slice(0, -1)},"Sequence":${sequence}}`;
}

function sizeOf(length: number | null) {
  return { Size: length ?? 0, SizeIsDeferred: length === null };
}

function kindOf({ kind, parts }: Pick<UploadRecord, 'kind' | 'parts'>) {
  return {
    IsPartial: kind === 'partial',
    IsFinal: kind === 'final',
    PartialUploads: kind === 'final' ? parts : null,
  };
}

function textsOf(metadata: string | null): Record<string, string> {
  // fromEntries creates an own property for any name, "__proto__" included.
  return Object.fromEntries(
    readMetadata(metadata).map(({ key, value }) => [key, value?.toString('utf8') ?? '']),
  );
}
