import type { ClientBase } from 'pg';
import type { Connections } from './connect.ts';
import {
  type Aftermath,
  aftermathOf,
  isUsableAfter,
  postgresFault,
  sqlStateOf,
} from './postgres-fault.ts';
import { type Sql, sql } from './sql.ts';
import { encodeValue } from './values.ts';

/** Runs one statement and returns its rows. */
export type Query = <Row = unknown>(statement: Sql) => Promise<Row[]>;

/** Pauses before a unit is tried again (milliseconds). A server that restarts is back after a second. */
const PAUSES = [20, 150, 500, 1_000] as const;
/** A unit that took this long is not tried again (milliseconds). */
const LONGEST = 3_000;
/** Whatever the database's default is: each statement must see what was committed before it began. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
/** How long to wait for the answer to a statement (milliseconds). `ever`: the longest that a timer runs. */
const ANSWER = { soon: 12_000, late: 35_000, ever: 2 ** 31 - 1 } as const;
type Patience = keyof typeof ANSWER;
/** A daemon's statements are far fewer; those beyond are not prepared. */
const MOST_NAMES = 500;

/** An error, with what it says about its statement. */
class Failed {
  readonly error: unknown;
  readonly aftermath: Aftermath;

  constructor(error: unknown, connected: boolean) {
    this.error = error;
    this.aftermath = aftermathOf(error, connected);
  }
}

/** unique_violation */
const TAKEN = '23505';

/** Whether a statement of a unit failed because a row of its key is there already. */
export function isTaken(thrown: unknown): boolean {
  return thrown instanceof Failed && sqlStateOf(thrown.error) === TAKEN;
}

/** Statements and small transactions on the connections of a pool. */
export class Database {
  readonly #connections: Connections;
  readonly #names = new Map<string, string>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  get where(): string {
    return this.#connections.where;
  }

  /**
   * Runs a unit of work, and again when it was undone (a deadlock, no connection) or its answer was lost.
   * `again` is true once an answer was lost: then the unit finds out whether it was done before. Throws
   * Faults.
   */
  async unit<T>(run: (again: boolean) => Promise<T>): Promise<T> {
    return this.#attempts(run, true);
  }

  /** The same for a unit that must not be done twice: a lost answer is UNAVAILABLE. */
  async unitOnce<T>(run: () => Promise<T>): Promise<T> {
    return this.#attempts(run, false);
  }

  /** A unit of one statement that may be done twice. */
  async run<Row = unknown>(statement: Sql): Promise<Row[]> {
    return this.unit(() => this.query<Row>(statement));
  }

  /** A query over many rows. */
  async search<Row = unknown>(statement: Sql): Promise<Row[]> {
    return this.unit(() =>
      this.#withClient((client) => this.#send<Row>(client, statement, 'late')),
    );
  }

  /** One statement, for use within a unit. */
  readonly query: Query = async (statement) =>
    this.#withClient((client) => this.#send(client, statement, 'soon'));

  /** The numbers that a query returns, in its order: as one value, since they may be millions. */
  async numbers(select: Sql): Promise<Float64Array> {
    const [row] = await this.search<{ hex: string | null }>(
      sql`SELECT encode(string_agg(int8send(n), ''::bytea), 'hex') AS hex FROM (${select}) AS q (n)`,
    );
    const bytes = Buffer.from(row?.hex ?? '', 'hex');
    const numbers = new Float64Array(bytes.length / 8);
    for (let at = 0; at < numbers.length; at += 1) {
      numbers[at] = Number(bytes.readBigInt64BE(at * 8));
    }
    return numbers;
  }

  /**
   * A transaction, for use within a unit. Each statement sees what was committed before it began. A patient
   * one may take as long as it needs.
   */
  async transaction<T>(run: (query: Query) => Promise<T>, patient = false): Promise<T> {
    return this.#withClient(async (client) => {
      await client.query(`${BEGIN}${patient ? '; SET LOCAL statement_timeout = 0' : ''}`);
      try {
        const result = await run((statement) =>
          this.#send(client, statement, patient ? 'ever' : 'soon'),
        );
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const { pool } = this.#connections;
    if (!pool.ending) await pool.end();
  }

  async #attempts<T>(run: (again: boolean) => Promise<T>, twice: boolean): Promise<T> {
    const began = performance.now();
    let again = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await run(again);
      } catch (thrown) {
        const { error, aftermath } = thrown instanceof Failed ? thrown : new Failed(thrown, true);
        const pause = PAUSES[attempt];
        const over = pause === undefined || performance.now() - began > LONGEST;
        if (over || aftermath === 'final' || (aftermath === 'unknown' && !twice)) {
          throw postgresFault(error, this.where);
        }
        again ||= aftermath === 'unknown';
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
      }
    }
  }

  async #withClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#connections.pool.connect().catch((error: unknown) => {
      throw new Failed(error, false);
    });
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(!isUsableAfter(error));
      throw new Failed(error, true);
    }
  }

  async #send<Row>(client: ClientBase, statement: Sql, patience: Patience): Promise<Row[]> {
    const { text } = statement;
    const values = statement.values.map(encodeValue);
    const name = values.length === 0 ? undefined : this.#nameOf(text);
    const config = {
      text,
      ...(values.length === 0 ? {} : { values }),
      ...(name === undefined ? {} : { name }),
      query_timeout: ANSWER[patience],
    };
    return (await client.query(config)).rows as Row[];
  }

  /** Statements that are prepared under a name are planned once for each connection. */
  #nameOf(text: string): string | undefined {
    if (this.#connections.pooled) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const name = `t${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
