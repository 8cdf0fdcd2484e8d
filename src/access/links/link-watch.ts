import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FindLink } from './links.ts';

/** How soon a link that was revoked ends what is running (milliseconds). */
const LOOK_EVERY = 1_000;

/** Ends the running requests of links that are revoked, by whichever process. */
export class LinkWatch {
  readonly #find: FindLink;
  readonly #running = new Map<string, Set<IncomingMessage>>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(find: FindLink) {
    this.#find = find;
  }

  /** Links with running requests. */
  get size(): number {
    return this.#running.size;
  }

  /** Watches a request of a link until its response ends. */
  add(link: string, request: IncomingMessage, response: ServerResponse): void {
    // Its client went away while the link was looked up: no event would take it out again.
    if (response.destroyed) return;
    const running = this.#running.get(link) ?? new Set();
    this.#running.set(link, running.add(request));
    response.once('close', () => {
      running.delete(request);
      if (running.size === 0 && this.#running.get(link) === running) this.#running.delete(link);
      if (this.#running.size === 0) this.stop();
    });
    if (this.#timer) return;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const [link, running] of this.#running) {
        const found = await this.#find(link);
        // The bytes that have arrived are kept, as when a client goes away.
        if (!found || found.revokedAt !== null) for (const one of running) one.socket.destroy();
      }
    } catch {
      // The catalog is busy: it is asked again in a moment.
    } finally {
      this.#looking = false;
    }
  }
}
