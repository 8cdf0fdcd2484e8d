import type { StoredUpload, UploadChange, UploadRecord } from '../../../model/upload.ts';
import { constant, joined, type Sql, sql } from '../database/sql.ts';

/** A record as a row has it; only final uploads have parts. */
export type UploadRow = Omit<StoredUpload, 'parts'> & { readonly parts: string[] | null };

/** The column of each property, and its type; parts have their own table. */
const COLUMN: Readonly<Record<Exclude<keyof UploadRecord, 'parts'>, readonly [string, string]>> = {
  id: ['id', 'text'],
  kind: ['kind', 'text'],
  state: ['state', 'text'],
  length: ['length', 'bigint'],
  offset: ['received', 'bigint'],
  uncommittedFrom: ['uncommitted_from', 'bigint'],
  crc32: ['crc32', 'bigint'],
  layout: ['layout', 'text'],
  metadata: ['metadata', 'text'],
  name: ['name', 'text'],
  protocolData: ['protocol_data', 'text'],
  createdAt: ['created_at', 'bigint'],
  activeAt: ['active_at', 'bigint'],
  finishedAt: ['finished_at', 'bigint'],
  removedAt: ['removed_at', 'bigint'],
  removedWhy: ['removed_why', 'text'],
  expiresAt: ['expires_at', 'bigint'],
  downloadsLeft: ['downloads_left', 'bigint'],
  refusal: ['refusal', 'text'],
  wantedPath: ['wanted_path', 'text'],
  movedTo: ['moved_to', 'json'],
  origin: ['origin', 'json'],
  owner: ['owner', 'text'],
};
const COLUMNS = Object.entries(COLUMN) as [keyof typeof COLUMN, readonly [string, string]][];

/** The columns of upload `u` as an UploadRow. */
export const RECORD = constant(
  `u.seq, ${COLUMNS.map(([key, [column]]) => `u.${column} AS "${key}"`).join(', ')},
   CASE WHEN u.kind = 'final'
     THEN (SELECT json_agg(part ORDER BY position) FROM tusd_parts WHERE final = u.seq) END AS parts`,
);

export const INSERTED = constant(COLUMNS.map(([, [column]]) => column).join(', '));

/** The values of INSERTED. */
export function insertedValues(record: UploadRecord): Sql {
  return joined(
    COLUMNS.map(([key, [, type]]) => parameter(record[key], type)),
    ', ',
  );
}

/** Assignments for a change, each after a comma. */
export function assignments(change: UploadChange): Sql {
  const pieces = (Object.entries(change) as [keyof typeof COLUMN, unknown][])
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const [column, type] = COLUMN[key];
      return sql`, ${constant(column)} = ${parameter(value, type)}`;
    });
  return joined(pieces, '');
}

export function toRecord({ parts, ...row }: UploadRow): StoredUpload {
  return { ...row, parts: parts ?? [] };
}

function parameter(value: unknown, type: string): Sql {
  const sent = type === 'json' && value !== null ? JSON.stringify(value) : value;
  return sql`${sent}::${constant(type)}`;
}
