import type { Client } from 'pg';

/** Pauses before the connection is opened again (milliseconds). */
const SHORTEST = 500;
const LONGEST = 10_000;

/** A connection of its own that waits for notifications. It is opened again whenever it breaks. */
export class Listener {
  readonly #make: () => Client;
  #client: Client | undefined;
  #listening = false;
  #closed = false;
  #pause = SHORTEST;
  #timer: NodeJS.Timeout | undefined;

  constructor(make: () => Client) {
    this.#make = make;
  }

  /** Notifications come through. */
  get isListening(): boolean {
    return this.#listening;
  }

  /** `channel` is a name that needs no quoting. */
  start(channel: string, notified: (payload: string) => void): void {
    void this.#open(channel, notified);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client as (Client & { ref(): void }) | undefined;
    // close() waits for its end.
    client?.ref();
    await client?.end().catch(() => {});
  }

  async #open(channel: string, notified: (payload: string) => void): Promise<void> {
    const client = this.#make();
    this.#client = client;
    let over = false;
    const reopen = () => {
      if (over) return;
      over = true;
      this.#listening = false;
      if (this.#closed) return;
      void client.end().catch(() => {});
      this.#timer = setTimeout(() => void this.#open(channel, notified), this.#pause);
      this.#timer.unref();
      this.#pause = Math.min(LONGEST, this.#pause * 2);
    };
    client.on('error', reopen);
    client.on('end', reopen);
    client.on('notification', ({ payload = '' }) => notified(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      this.#listening = !over;
      this.#pause = SHORTEST;
    } catch {
      reopen();
    }
  }
}
