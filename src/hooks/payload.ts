import { isIPv6 } from 'node:net';
import type { HookEvent } from '../config/hooks/hook-schema.ts';
import type { CreationDraft } from '../storage/model/events.ts';
import { readMetadata } from '../storage/model/metadata.ts';
import { isInMemory } from '../storage/model/place.ts';
import type { Caller, RemovalReason, UploadRecord } from '../storage/model/upload.ts';
import { requestOf } from './client-request.ts';

/** Where the bytes are. In memory they have no path. */
export interface UploadStorage {
  readonly Type: 'filestore' | 'memorystore';
  readonly Path: string;
}

/** An upload as tusd's hooks describe it (its FileInfo). */
export interface UploadInfo {
  /** Empty before the creation, unless a hook has chosen one. */
  readonly ID: string;
  /** 0 while it is not known. */
  readonly Size: number;
  readonly SizeIsDeferred: boolean;
  readonly Offset: number;
  /** Values as text: bytes that are not UTF-8 are U+FFFD in it, as with tusd. */
  readonly MetaData: Readonly<Record<string, string>>;
  readonly IsPartial: boolean;
  readonly IsFinal: boolean;
  readonly PartialUploads: readonly string[] | null;
  /** null before the creation. */
  readonly Storage: UploadStorage | null;
}

/** The request that caused an event; empty where the daemon itself did. */
export interface RequestInfo {
  readonly Method: string;
  readonly URI: string;
  /**
   * The client's address and port as Go writes them: "10.0.0.5:52144", "[2001:db8::5]:52144". The port
   * is 0 where it is not known. Empty when the address is not known.
   */
  readonly RemoteAddr: string;
  /** Names in Go's notation ("Upload-Offset"). */
  readonly Header: Readonly<Record<string, readonly string[]>>;
}

/**
 * The JSON of tusd's HTTP hooks (version 2): Type and Event. The rest is ours. Sequence is added
 * when a delivery is sent (`withSequence`).
 */
export interface Payload {
  readonly Type: HookEvent;
  readonly Event: { readonly Upload: UploadInfo; readonly HTTPRequest: RequestInfo };
  /** Of the event: the same at every attempt and for every hook. */
  readonly ID: string;
  /** When it happened, ISO 8601. */
  readonly Time: string;
  /** Why an upload was removed (post-terminate and post-expire). */
  readonly Reason?: RemovalReason;
  /** Sent by `hooks test`: nothing has happened. */
  readonly Test?: true;
}

/** What a client proves itself with, which must not lie in the outbox unless it is asked for. */
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
    Storage: storageAt(path),
  };
}

/** `place` is a path, or a place in memory. */
export function storageAt(place: string): UploadStorage {
  return isInMemory(place) ? { Type: 'memorystore', Path: '' } : { Type: 'filestore', Path: place };
}

/** An upload that is about to be made; it has an id only when a hook has chosen one. */
export function describeDraft(draft: CreationDraft, chosenId: string): UploadInfo {
  return {
    ID: chosenId,
    ...sizeOf(draft.length),
    Offset: 0,
    MetaData: textsOf(draft.metadata),
    ...kindOf(draft),
    Storage: null,
  };
}

/** All headers of the request, but of the credentials only those in `credentials` when it is given. */
export function describeRequest(caller: Caller, credentials?: readonly string[]): RequestInfo {
  const facts = requestOf(caller)?.facts;
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
    Header,
  };
}

/** An address and a port that Go's net.SplitHostPort takes apart. */
export function remoteAddress(address: string, port: number): string {
  if (address === '') return '';
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

const canonicalNames = new Map<string, string>();
/** Clients may invent names; only so many are remembered. */
const MOST_NAMES = 500;

/** A header's name in Go's notation: "upload-offset" is "Upload-Offset". */
export function canonicalName(name: string): string {
  const known = canonicalNames.get(name);
  if (known !== undefined) return known;
  const canonical = name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
  if (canonicalNames.size < MOST_NAMES) canonicalNames.set(name, canonical);
  return canonical;
}

/** The recorded JSON with its place in the outbox, which is known only once it is there. */
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
  // fromEntries makes a property of any name, "__proto__" included.
  return Object.fromEntries(
    readMetadata(metadata).map(({ key, value }) => [key, value?.toString('utf8') ?? '']),
  );
}
