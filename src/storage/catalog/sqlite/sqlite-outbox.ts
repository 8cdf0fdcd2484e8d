import type { DeliveryQuery, Settlement } from '../../model/delivery.ts';
import type { NewDelivery } from '../../model/events.ts';
import type { Outbox } from '../outbox.ts';
import type { Transactions } from './file/transactions.ts';
import type { OutboxTable } from './tables/outbox-table.ts';

/** The outbox over its table: every method is one transaction or one query. */
export class SqliteOutbox implements Outbox {
  readonly #table: OutboxTable;
  readonly #transactions: Transactions;

  constructor(table: OutboxTable, transactions: Transactions) {
    this.#table = table;
    this.#transactions = transactions;
  }

  async add(upload: string, deliveries: readonly NewDelivery[], at: number) {
    this.#transactions.write(() => this.#table.add(upload, deliveries, at));
  }

  async claim(hook: string, at: number, limit: number) {
    return this.#transactions.read(() => this.#table.due(hook, at, limit));
  }

  async nextDueAt(hook: string) {
    return this.#transactions.read(() => this.#table.nextDueAt(hook));
  }

  async settle(settlements: readonly Settlement[], at: number) {
    this.#transactions.write(() => this.#table.settle(settlements, at));
  }

  async waiting(hook: string, createdBefore: number, limit: number) {
    return this.#transactions.read(() => this.#table.waiting(hook, createdBefore, limit));
  }

  async hurry(hook: string, at: number, limit: number) {
    return this.#transactions.write(() => this.#table.hurry(hook, at, limit));
  }

  async retry(seq: number, at: number) {
    return this.#transactions.write(() => this.#table.retry(seq, at));
  }

  async retryFailed(after: number, limit: number, at: number) {
    return this.#transactions.write(() => this.#table.retryFailed(after, limit, at));
  }

  async get(seq: number) {
    return this.#transactions.read(() => this.#table.get(seq));
  }

  async list(query: DeliveryQuery) {
    return this.#transactions.read(() => this.#table.list(query));
  }

  async counts() {
    return this.#transactions.read(() => this.#table.counts());
  }

  async forgetDone(before: number, limit: number) {
    return this.#transactions.write(() => this.#table.forgetDone(before, limit));
  }
}
