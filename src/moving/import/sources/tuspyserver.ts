import { join } from 'node:path';
import { isObject, type Json } from '../../json-object.ts';
import type { Described } from '../described.ts';
import { asSize, asTexts, asTime } from '../info-file.ts';
import type { InfoFormat } from './info-source.ts';

/**
 * tuspyserver's directory: `<id>.info` has its parameters as JSON, `<id>` the bytes. The offset of the
 * parameters is what clients received.
 */
export const TUSPYSERVER: InfoFormat = {
  kind: 'tuspyserver',
  describe,
  files: (folder, id) => [join(folder, id)],
  lockFiles: (folder, id) => [join(folder, '.locks', `${id}.lock`)],
};

export function isTuspyserverInfo(info: Json): boolean {
  return 'metadata' in info && 'offset' in info && ('upload_part' in info || 'created_at' in info);
}

function describe(id: string, info: Json): Described | undefined {
  const { size, offset, metadata, defer_length, is_partial, is_final, partial_uploads } = info;
  const length = size === null || defer_length === true ? null : asSize(size);
  const confirmed = asSize(offset);
  const parts = asTexts(partial_uploads);
  if (length === undefined || confirmed === undefined || !parts) return undefined;
  return {
    id,
    length,
    metadata: isObject(metadata) ? metadata : {},
    kind: is_partial === true ? 'partial' : is_final === true ? 'final' : 'single',
    parts,
    createdAt: asTime(info.created_at),
    confirmed,
  };
}
