import { Fault } from '../../../../fault.ts';
import { type Alive, ATTEMPTS, Attempts } from './attempts.ts';
import { faultOf, isTransient } from './faults.ts';
import {
  type Body,
  codeOf,
  type ListOptions,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
  type Page,
  type PartInfo,
  type Source,
} from './object-store.ts';
import type { Timing } from './timing.ts';

/** Those in which the server moves bytes itself: it may answer only when it has (milliseconds). */
const LONG_SILENCE = 180_000;
/**
 * The calls of an ObjectStore with deadlines and a few attempts. They throw Faults. Errors that the
 * writer must tell apart (`NoSuchUpload`, `InvalidPart`) are the cause of theirs.
 */
export class Calls {
  readonly #store: ObjectStore;
  readonly #attempts: Attempts;

  constructor(store: ObjectStore, timing: Timing) {
    this.#store = store;
    this.#attempts = new Attempts(timing);
  }

  put(key: string, body: Body): Promise<string> {
    return this.#attempts.call({ action: 's3:PutObject' }, (signal, alive) =>
      this.#store.put(key, watched(body, alive), signal),
    );
  }

  uploadPart(
    key: string,
    id: string,
    number: number,
    body: Body,
    cancel?: AbortSignal,
  ): Promise<string> {
    return this.#attempts.call({ action: 's3:PutObject', cancel }, (signal, alive) =>
      this.#store.uploadPart(key, id, number, watched(body, alive), signal),
    );
  }

  copyPart(key: string, id: string, number: number, source: Source): Promise<string> {
    return this.#attempts.call({ action: 's3:GetObject', silence: LONG_SILENCE }, (signal) =>
      this.#store.copyPart(key, id, number, source, signal),
    );
  }

  head(key: string): Promise<ObjectInfo | null> {
    return this.#attempts.call({ action: 's3:GetObject' }, (signal) =>
      this.#store.head(key, signal),
    );
  }

  delete(key: string): Promise<void> {
    return this.#attempts.call({ action: 's3:DeleteObject' }, (signal) =>
      this.#store.delete(key, signal),
    );
  }

  createMultipart(key: string): Promise<string> {
    return this.#attempts.call({ action: 's3:PutObject' }, (signal) =>
      this.#store.createMultipart(key, signal),
    );
  }

  /** One attempt: whether it succeeded is seen by looking at the object. */
  complete(
    key: string,
    id: string,
    parts: readonly Pick<PartInfo, 'number' | 'etag'>[],
  ): Promise<void> {
    const options = { action: 's3:PutObject', silence: LONG_SILENCE, attempts: 1 };
    return this.#attempts.call(options, (signal) => this.#store.complete(key, id, parts, signal));
  }

  /** Returns false when there is no such multipart upload. */
  async abort(key: string, id: string): Promise<boolean> {
    try {
      await this.#attempts.call({ action: 's3:AbortMultipartUpload' }, (signal) =>
        this.#store.abort(key, id, signal),
      );
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async listParts(key: string, id: string): Promise<PartInfo[]> {
    const action = 's3:ListMultipartUploadParts';
    const parts: PartInfo[] = [];
    const pages = this.#pages(action, (options, signal) =>
      this.#store.listParts(key, id, options, signal),
    );
    for await (const page of pages) parts.push(...page);
    return parts;
  }

  /** Whether there is such a multipart upload. */
  async hasMultipart(key: string, id: string): Promise<boolean> {
    try {
      const action = 's3:ListMultipartUploadParts';
      await this.#attempts.call({ action }, (signal) => this.#store.listParts(key, id, {}, signal));
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  listObjects(prefix: string) {
    return this.#pages('s3:ListBucket', (options, signal) =>
      this.#store.listObjects(prefix, options, signal),
    );
  }

  listFolders(prefix: string) {
    return this.#pages('s3:ListBucket', (options, signal) =>
      this.#store.listFolders(prefix, options, signal),
    );
  }

  listMultiparts(prefix: string) {
    return this.#pages('s3:ListBucketMultipartUploads', (options, signal) =>
      this.#store.listMultiparts(prefix, options, signal),
    );
  }

  checkBucket(): Promise<void> {
    return this.#attempts.call({ action: 's3:ListBucket', attempts: 2 }, (signal) =>
      this.#store.checkBucket(signal),
    );
  }

  /**
   * Yields the bytes of the source in blocks as they come. When the connection breaks it goes on where
   * it was. Ends the request when the reader stops early. Throws IO when the object is shorter.
   */
  async *read({ key, from, to }: Source): AsyncGenerator<Buffer> {
    let position = from;
    let failures = 0;
    while (position < to) {
      const before = position;
      const stop = new AbortController();
      let ended = false;
      try {
        for await (const block of this.#get({ key, from: position, to }, stop)) {
          yield block;
          position += block.length;
        }
        ended = true;
        if (position < to) throw new ObjectStoreError('Truncated', 'the answer ended early');
      } catch (error) {
        failures = position > before ? 0 : failures + 1;
        if (failures >= ATTEMPTS || !isTransient(error)) throw faultOf(error, 's3:GetObject');
        await this.#attempts.pause(failures);
      } finally {
        // Only where it is needed: it also closes the connection.
        if (!ended) stop.abort();
      }
    }
  }

  async *#get(source: Source, stop: AbortController): AsyncGenerator<Buffer> {
    const alarm = this.#attempts.alarm(stop);
    alarm.start();
    try {
      const blocks = await this.#attempts.unlessSilent(
        stop.signal,
        this.#store.get(source, stop.signal),
      );
      const iterator = blocks[Symbol.asyncIterator]();
      for (;;) {
        alarm.start();
        const next = await this.#attempts.unlessSilent(stop.signal, iterator.next());
        // The reader may take as long as it likes.
        alarm.stop();
        if (next.done) return;
        const { buffer, byteOffset, byteLength } = next.value;
        yield Buffer.from(buffer, byteOffset, byteLength);
      }
    } finally {
      alarm.stop();
    }
  }

  async *#pages<T>(
    action: string,
    list: (options: ListOptions, signal: AbortSignal) => Promise<Page<T>>,
  ): AsyncGenerator<readonly T[]> {
    let after: string | undefined;
    do {
      const page = await this.#attempts.call({ action }, (signal) => list({ after }, signal));
      if (page.items.length > 0) yield page.items;
      // A page that continues with itself would never end.
      if (page.next !== undefined && page.next === after)
        throw new Fault('IO', 'a list has no end');
      after = page.next;
    } while (after !== undefined);
  }
}

/** S3's name of the failure behind a Fault of a call. */
export function causeOf(error: unknown): string | undefined {
  return codeOf(error instanceof Fault ? error.cause : error);
}

/** Servers differ in what they say is not there. */
function isGone(error: unknown): boolean {
  return error instanceof Fault && error.code === 'GONE';
}

function watched(body: Body, alive: Alive): Body {
  return {
    ...body,
    async *bytes() {
      for await (const block of body.bytes()) {
        alive();
        yield block;
      }
    },
  };
}
