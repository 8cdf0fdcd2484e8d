import type { Database, Statement } from 'better-sqlite3';

/** The `meta` table: facts about the directory, such as the policy it is served under. */
export class MetaTable {
  readonly #get: Statement<[string], string>;
  readonly #set: Statement<[string, string]>;

  constructor(database: Database) {
    this.#get = database
      .prepare<[string], string>('SELECT value FROM meta WHERE key = ?')
      .pluck() as unknown as Statement<[string], string>;
    this.#set = database.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
  }

  get(key: string): string | null {
    return this.#get.get(key) ?? null;
  }

  set(key: string, value: string): void {
    this.#set.run(key, value);
  }
}
