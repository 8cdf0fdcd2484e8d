import { join, relative, resolve, sep } from 'node:path';
import { isObject, type Json } from '../../json-object.ts';
import type { Described } from '../described.ts';
import { asSize, asTexts } from '../info-file.ts';
import type { InfoFormat } from './info-source.ts';

/**
 * tusd's directory: `<id>.info` has a FileInfo as JSON, `<id>` the bytes; before tusd 1.0 `<id>.bin`.
 * The size of the file is the offset. A hook may have chosen another path for the bytes.
 */
export const TUSD: InfoFormat = {
  kind: 'tusd',
  describe,
  files(folder, id, { Storage }) {
    const storage = isObject(Storage) ? Storage : {};
    const { Type: type = 'filestore', Path: path } = storage;
    if (type !== 'filestore') return `its bytes are in a ${JSON.stringify(type)}, not in files`;
    const usual = [join(folder, id), join(folder, `${id}.bin`)];
    if (typeof path !== 'string' || path === '') return usual;
    const chosen = resolve(folder, path);
    // A description must not make a file of others an upload.
    return relative(folder, chosen).split(sep)[0] === '..' ? usual : [chosen, ...usual];
  },
  lockFiles: (folder, id) => [join(folder, `${id}.lock`)],
};

export function isTusdInfo(info: Json): boolean {
  return typeof info.ID === 'string' && 'Size' in info;
}

function describe(id: string, info: Json): Described | undefined {
  const { ID, Size, SizeIsDeferred, MetaData, IsPartial, IsFinal, PartialUploads } = info;
  const size = asSize(Size);
  const parts = asTexts(PartialUploads);
  if (ID !== id || size === undefined || !parts) return undefined;
  return {
    id,
    length: SizeIsDeferred === true ? null : size,
    metadata: isObject(MetaData) ? withoutEmpty(MetaData) : {},
    kind: IsPartial === true ? 'partial' : IsFinal === true ? 'final' : 'single',
    parts,
    createdAt: null,
    confirmed: null,
  };
}

/** tusd keeps a key without a value as an empty text. */
function withoutEmpty(metadata: Json): Json {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, value === '' ? null : value]),
  );
}
