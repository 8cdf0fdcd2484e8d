import type { Database, Statement } from 'better-sqlite3';
import { linkUsedBy, type UploadLink, used } from '../../../model/link.ts';
import type { UploadRecord } from '../../../model/upload.ts';

const COLUMN: Record<keyof UploadLink, string> = {
  id: 'id',
  name: 'name',
  hash: 'hash',
  password: 'password',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  maxSize: 'max_size',
  maxUploads: 'max_uploads',
  uploads: 'uploads',
  lastUsedAt: 'last_used_at',
  revokedAt: 'revoked_at',
};
const COLUMNS = Object.entries(COLUMN);
const SELECT = `SELECT ${COLUMNS.map(([key, column]) => `${column} AS ${key}`)} FROM links`;

/** The `links` table. Statements are prepared when a link is first used: most directories have none. */
export class LinksTable {
  readonly #database: Database;
  #byId: Statement<[string], UploadLink> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The table refuses a second row with the same id (SQLITE_CONSTRAINT). */
  insert(link: UploadLink): void {
    this.#database
      .prepare(
        `INSERT INTO links (${COLUMNS.map(([, column]) => column)})
         VALUES (${COLUMNS.map(([key]) => `@${key}`)})`,
      )
      .run(link);
  }

  get(id: string): UploadLink | undefined {
    this.#byId ??= this.#database.prepare<[string], UploadLink>(`${SELECT} WHERE id = ?`);
    return this.#byId.get(id);
  }

  all(): UploadLink[] {
    return this.#database
      .prepare<[], UploadLink>(`${SELECT} ORDER BY created_at DESC, rowid DESC`)
      .all();
  }

  revoke(id: string, at: number): boolean {
    return (
      this.#database
        .prepare('UPDATE links SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
        .run(at, id).changes === 1
    );
  }

  /** Counts a new upload for its link. Throws FORBIDDEN, which ends the transaction. */
  use(record: UploadRecord, at: number): void {
    const id = linkUsedBy(record);
    const link = id === null ? undefined : this.get(id);
    if (!link) return;
    const { uploads, lastUsedAt } = used(link, at);
    this.#database
      .prepare('UPDATE links SET uploads = ?, last_used_at = ? WHERE id = ?')
      .run(uploads, lastUsedAt, link.id);
  }
}
