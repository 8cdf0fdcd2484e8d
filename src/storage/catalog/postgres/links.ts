import type { UploadLink } from '../../model/link.ts';
import type { Links } from '../links.ts';
import { type Database, isTaken } from './database/database.ts';
import { constant, joined, sql } from './database/sql.ts';
import type { Work } from './work.ts';

const COLUMN: Readonly<Record<keyof UploadLink, readonly [string, string]>> = {
  id: ['id', 'text'],
  name: ['name', 'text'],
  hash: ['hash', 'text'],
  password: ['password', 'text'],
  createdAt: ['created_at', 'bigint'],
  expiresAt: ['expires_at', 'bigint'],
  maxSize: ['max_size', 'bigint'],
  maxUploads: ['max_uploads', 'bigint'],
  uploads: ['uploads', 'bigint'],
  lastUsedAt: ['last_used_at', 'bigint'],
  revokedAt: ['revoked_at', 'bigint'],
};
const COLUMNS = Object.entries(COLUMN) as [keyof UploadLink, readonly [string, string]][];
const NAMES = constant(COLUMNS.map(([, [column]]) => column).join(', '));
const SELECTED = constant(COLUMNS.map(([key, [column]]) => `${column} AS "${key}"`).join(', '));

/** See Links. */
export function createLinks({ database }: Pick<Work, 'database'>): Links {
  return {
    createLink: (link) => database.unit((again) => insert(database, link, again)),

    link: (id) => selectLink(database, id),

    links: () =>
      database.run<UploadLink>(
        sql`SELECT ${SELECTED} FROM tusd_links ORDER BY created_at DESC, seq DESC`,
      ),

    revokeLink: (id, at) =>
      database.unit(async (again) => {
        const mayBeOurs = again
          ? sql`revoked_at IS NULL OR revoked_at = ${at}::bigint`
          : sql`revoked_at IS NULL`;
        const rows = await database.query(
          sql`UPDATE tusd_links SET revoked_at = ${at}::bigint
            WHERE id = ${id}::text AND (${mayBeOurs}) RETURNING id`,
        );
        return rows.length > 0;
      }),
  };
}

export async function selectLink(database: Database, id: string): Promise<UploadLink | undefined> {
  const links = await database.run<UploadLink>(
    sql`SELECT ${SELECTED} FROM tusd_links WHERE id = ${id}::text`,
  );
  return links[0];
}

async function insert({ query }: Database, link: UploadLink, again: boolean): Promise<void> {
  const values = COLUMNS.map(([key, [, type]]) => sql`${link[key]}::${constant(type)}`);
  try {
    await query(sql`INSERT INTO tusd_links (${NAMES}) VALUES (${joined(values, ', ')})`);
  } catch (error) {
    if (!again || !isTaken(error)) throw error;
    // The hash of its token tells a link from any other of its id.
    const made = await query(
      sql`SELECT 1 FROM tusd_links WHERE id = ${link.id}::text AND hash = ${link.hash}::text`,
    );
    if (made.length === 0) throw error;
  }
}
