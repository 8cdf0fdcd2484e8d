import type Database from 'better-sqlite3';
import { Fault } from '../../../../fault.ts';
import { catalogFault } from './database.ts';
import type { Reserve } from './reserve.ts';

interface WaitingChange {
  readonly change: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** After so many commits the log is worth a look: those of 20 minutes without clients. */
const MANY = 256;

/** Transactions on the one connection of a process. Errors of SQLite become Faults. */
export class Transactions {
  readonly #file: string;
  readonly #reserve: Reserve;
  readonly #transaction: Database.Transaction<(change: () => unknown) => unknown>;
  readonly #onMany: () => void;
  #together: WaitingChange[] = [];
  #commits = 0;

  constructor(
    database: Database.Database,
    file: string,
    reserve: Reserve,
    onMany: () => void = () => {},
  ) {
    this.#onMany = onMany;
    this.#file = file;
    this.#reserve = reserve;
    this.#transaction = database.transaction((change: () => unknown) => change());
  }

  /**
   * Runs `change` as one transaction that takes the write lock at its start: a transaction that begins
   * with a read fails when another process writes in between.
   */
  write<T>(change: () => T): T {
    try {
      const result = this.#transaction.immediate(change) as T;
      this.#commits += 1;
      if (this.#commits % MANY === 0) this.#onMany();
      return result;
    } catch (error) {
      throw catalogFault(error, this.#file);
    }
  }

  /**
   * Like write, in one transaction with all other calls in this turn of the event loop: a commit costs
   * as much as the change of a row or two. `change` may run twice: when one of them fails, each runs
   * again in a transaction of its own.
   */
  writeTogether<T>(change: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#together.length === 0) setImmediate(() => this.#commitTogether());
      this.#together.push({ change, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Like write, for changes that free room and for those a start needs: may use the reserve. */
  writeFromReserve<T>(change: () => T): T {
    return this.#reserve.useFor(() => this.write(change));
  }

  /** Runs `question`; turns SQLite's errors into Faults. */
  read<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw catalogFault(error, this.#file);
    }
  }

  #commitTogether(): void {
    const changes = this.#together;
    this.#together = [];
    let results: unknown[];
    try {
      results = this.write(() => changes.map(({ change }) => change()));
    } catch (error) {
      if (isTheCatalogs(error)) for (const { reject } of changes) reject(error);
      else this.#commitOneByOne(changes);
      return;
    }
    for (const [index, { resolve }] of changes.entries()) resolve(results[index]);
  }

  #commitOneByOne(changes: readonly WaitingChange[]): void {
    for (const { change, resolve, reject } of changes) {
      try {
        resolve(this.write(change));
      } catch (error) {
        reject(error);
      }
    }
  }
}

/** true when every change would fail the same way: retrying them one by one would only take longer. */
function isTheCatalogs(error: unknown): boolean {
  return error instanceof Fault && error.code !== 'CONFLICT' && error.code !== 'FORBIDDEN';
}
