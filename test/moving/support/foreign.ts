import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes an upload as tusd 1 and later keep it. `info` is merged into its FileInfo. */
export function tusdUpload(
  folder: string,
  id: string,
  content: string | null,
  info: Readonly<Record<string, unknown>> = {},
): void {
  const path = join(folder, id);
  mkdirSync(dirname(path), { recursive: true });
  if (content !== null) writeFileSync(path, content);
  const all = {
    ID: id,
    Size: content?.length ?? 0,
    SizeIsDeferred: false,
    // tusd writes the description once, at the creation.
    Offset: 0,
    MetaData: { filename: `${id}.txt` },
    IsPartial: false,
    IsFinal: false,
    PartialUploads: null,
    Storage: { Type: 'filestore', Path: path },
    ...info,
  };
  writeFileSync(`${path}.info`, JSON.stringify(all));
}

/** Writes an upload as tuspyserver keeps it. */
export function tuspyserverUpload(
  folder: string,
  id: string,
  content: string | null,
  info: Readonly<Record<string, unknown>> = {},
): void {
  if (content !== null) writeFileSync(join(folder, id), content);
  const all = {
    metadata: { filename: `${id}.txt`, filetype: 'text/plain' },
    size: content?.length ?? 0,
    offset: content?.length ?? 0,
    upload_part: 1,
    created_at: '2025-03-04 05:06:07.123456',
    defer_length: false,
    upload_chunk_size: 0,
    expires: 'Tue, 11 Mar 2025 05:06:07 GMT',
    error: null,
    is_partial: false,
    is_final: false,
    partial_uploads: null,
    ...info,
  };
  writeFileSync(join(folder, `${id}.info`), JSON.stringify(all, null, 4));
}
