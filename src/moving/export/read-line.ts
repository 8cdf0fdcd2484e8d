import { parseMetadata } from '../../storage/model/metadata.ts';
import type { TimelineEntry } from '../../storage/model/timeline.ts';
import {
  type Origin,
  RECORD_STATES,
  type RemovalReason,
  type UploadRecord,
} from '../../storage/model/upload.ts';
import { isUploadId } from '../../storage/model/upload-id.ts';
import { isObject, type Json } from '../json-object.ts';
import { isOrigin, readTimeline } from './read-timeline.ts';

/** An upload as a line of an export describes it. */
export interface ExportedUpload {
  readonly record: UploadRecord;
  readonly timeline: readonly TimelineEntry[];
  /** The path to which a rule has moved its bytes; null for none. */
  readonly deliveredTo: string | null;
}

const KINDS = ['single', 'partial', 'final'] as const;

type Check = (value: unknown) => boolean;

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const isText: Check = (value) => typeof value === 'string';
const isSize: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime: Check = (value) => isText(value) && !Number.isNaN(Date.parse(value as string));
const isMetadata: Check = (value) => {
  try {
    parseMetadata(value as string);
    return isText(value);
  } catch {
    return false;
  }
};

const CHECKS: Readonly<Record<string, Check>> = {
  id: (value) => isText(value) && isUploadId(value as string),
  kind: (value) => KINDS.includes(value as UploadRecord['kind']),
  state: (value) => RECORD_STATES.includes(value as UploadRecord['state']),
  length: orNull(isSize),
  offset: isSize,
  uncommittedFrom: orNull(isSize),
  crc32: (value) => isText(value) && /^[0-9a-f]{8}$/.test(value as string),
  metadata: orNull(isMetadata),
  name: orNull(isText),
  parts: (value) => Array.isArray(value) && value.every((id) => isText(id) && isUploadId(id)),
  protocolData: orNull(isText),
  createdAt: isTime,
  lastByteAt: isTime,
  finishedAt: orNull(isTime),
  removedAt: orNull(isTime),
  removedWhy: orNull((value) => isText(value) && /^[a-z-]{1,40}$/.test(value as string)),
  refusal: orNull(isText),
  // Lines of the first version have none.
  owner: orAbsent(isText),
  endsAt: orAbsent(isTime),
  downloadsLeft: orAbsent(isSize),
  origin: isOrigin,
  timeline: (value) => Array.isArray(value),
};

/** Reads a line of an export. Returns a clause that says what is wrong with a line that is none. */
export function readLine(line: unknown): ExportedUpload | string {
  if (!isObject(line)) return 'it is no JSON object';
  const wrong = Object.entries(CHECKS).find(([key, check]) => !check(line[key]));
  if (wrong) return `its ${wrong[0]} is missing or not valid`;
  const problem = contradiction(line);
  if (problem !== null) return problem;
  const time = (key: string) => (line[key] == null ? null : Date.parse(line[key] as string));
  return {
    record: {
      id: line.id as string,
      kind: line.kind as UploadRecord['kind'],
      state: line.state as UploadRecord['state'],
      length: line.length as number | null,
      offset: line.offset as number,
      uncommittedFrom: line.uncommittedFrom as number | null,
      crc32: Number.parseInt(line.crc32 as string, 16),
      metadata: line.metadata as string | null,
      name: line.name as string | null,
      parts: line.parts as readonly string[],
      protocolData: line.protocolData as string | null,
      createdAt: Date.parse(line.createdAt as string),
      activeAt: Date.parse(line.lastByteAt as string),
      finishedAt: time('finishedAt'),
      removedAt: time('removedAt'),
      owner: (line.owner ?? null) as string | null,
      removedWhy: line.removedWhy as RemovalReason | null,
      expiresAt: time('endsAt'),
      downloadsLeft: (line.downloadsLeft ?? null) as number | null,
      refusal: line.refusal as string | null,
      origin: line.origin as Origin,
      // Rules are those of the new daemon.
      ...{ wantedPath: null, movedTo: null, layout: null },
    },
    timeline: readTimeline(line.timeline as readonly unknown[]),
    deliveredTo: isObject(line.movedTo) ? String(line.movedTo.path) : null,
  };
}

/** Why values that are valid alone do not fit together, or null. */
function contradiction(line: Json): string | null {
  const { state, length, offset, finishedAt, removedAt, kind, parts } = line;
  const known = length as number | null;
  if (known !== null && (offset as number) > known) return 'its offset is beyond its length';
  if (state === 'finished' && offset !== length) return 'it is finished, and not of its length';
  if (state === 'finished' && finishedAt === null) return 'it is finished, and no time is given';
  if ((state === 'removed' || state === 'removing') && removedAt === null) {
    return 'it was removed, and no time is given';
  }
  if (kind === 'final' && (parts as unknown[]).length === 0) return 'it is final, and has no parts';
  return null;
}
