import type { UploadRecord } from '../../../src/storage/model/upload.ts';
import { CALLER } from './caller.ts';

/** An upload that has just been made, with what a test cares about. */
export function draftRecord(change: Partial<UploadRecord> = {}): UploadRecord {
  return {
    id: 'a',
    kind: 'single',
    state: 'receiving',
    length: 10,
    offset: 0,
    uncommittedFrom: null,
    crc32: 0,
    metadata: null,
    name: null,
    parts: [],
    protocolData: null,
    createdAt: 1,
    activeAt: 1,
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    expiresAt: null,
    downloadsLeft: null,
    refusal: null,
    owner: null,
    wantedPath: null,
    movedTo: null,
    layout: null,
    origin: CALLER.origin,
    ...change,
  };
}
