import { createHash, randomFillSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DetailedError, Upload } from 'tus-js-client';
import { idOf, send } from '../../support/tus.ts';
import type { Random } from '../support/random.ts';

const MIB = 1024 * 1024;
const POOL = randomFillSync(Buffer.allocUnsafe(32 * MIB));
/** Longer than any trouble lasts: each answer begins them anew. */
const RETRIES = Array.from({ length: 200 }, () => 300);
/** For the download of an upload that is finished (milliseconds). */
const PATIENCE = 60_000;

/** A client that sends one upload after the other with tus-js-client, and checks every answer. */
export class Sender {
  readonly uploads: { readonly id: string; readonly size: number }[] = [];
  readonly problems: string[] = [];
  answers = 0;
  /** It begins no more uploads. */
  over = false;
  readonly #endpoint: string;
  readonly #random: Random;
  /** The largest offset that was acknowledged, by the path of the upload. */
  readonly #acknowledged = new Map<string, number>();

  constructor(endpoint: string, random: Random) {
    this.#endpoint = endpoint;
    this.#random = random;
  }

  async run(): Promise<void> {
    while (!this.over && this.problems.length === 0) {
      try {
        await this.#one();
      } catch (error) {
        this.problems.push(String(error));
      }
    }
  }

  async #one(): Promise<void> {
    const random = this.#random;
    const size = random.int(1, random.pick([20_000, 300_000, 4 * MIB, 24 * MIB]));
    const from = random.int(0, POOL.length - size);
    const bytes = POOL.subarray(from, from + size);
    const url = await this.#upload(bytes);
    if (url === undefined) return;
    await this.#compare(url, bytes);
    this.uploads.push({ id: idOf(url), size });
  }

  /** Resolves with undefined when the client gave up: it asks for parts to be joined only once. */
  #upload(bytes: Buffer): Promise<string | undefined> {
    const random = this.#random;
    const parallelUploads = random.chance(0.2) && bytes.length > 10 ? random.int(2, 4) : 1;
    return new Promise((resolve, reject) => {
      const upload = new Upload(bytes as unknown as Blob, {
        endpoint: this.#endpoint,
        parallelUploads,
        ...(parallelUploads === 1 && random.chance(0.7)
          ? { chunkSize: random.int(1, random.pick([MIB, 6 * MIB, 30 * MIB])) + bytes.length / 50 }
          : {}),
        uploadDataDuringCreation: parallelUploads === 1 && random.chance(0.5),
        retryDelays: RETRIES,
        onShouldRetry: () => true,
        onAfterResponse: (request, response) => {
          const path = new URL(request.getURL()).pathname;
          const offset = Number(response.getHeader('Upload-Offset') ?? Number.NaN);
          this.#answered(request.getMethod(), path, response.getStatus(), offset);
        },
        onError: (error) => {
          const joining =
            !(error instanceof DetailedError) || error.originalRequest?.getMethod() === 'POST';
          if (parallelUploads > 1 && joining) resolve(undefined);
          else reject(error);
        },
        onSuccess: () => resolve(upload.url ?? ''),
      });
      upload.start();
    });
  }

  #answered(method: string, path: string, status: number, offset: number): void {
    this.answers += 1;
    const known = this.#acknowledged.get(path) ?? 0;
    if (method === 'HEAD' && (status === 404 || status === 410)) {
      this.problems.push(`HEAD of ${path}: ${status}, ${known} bytes were acknowledged`);
    }
    if (status >= 300 || Number.isNaN(offset) || method === 'POST') return;
    if (offset < known) {
      this.problems.push(`${method} of ${path} tells ${offset}, ${known} bytes were acknowledged`);
    }
    this.#acknowledged.set(path, Math.max(known, offset));
  }

  async #compare(url: string, bytes: Buffer): Promise<void> {
    const ends = Date.now() + PATIENCE;
    const hash = (of: Buffer) => createHash('sha256').update(of).digest('hex');
    for (let last = ''; ; await pause(300)) {
      try {
        const { status, body } = await send('GET', url);
        if (status === 200) {
          if (hash(body) !== hash(bytes)) this.problems.push(`${url} has other bytes`);
          return;
        }
        last = `${status} ${body}`;
      } catch (error) {
        // Its daemon was killed.
        last = String(error);
      }
      if (Date.now() > ends) throw new Error(`no download of ${url}: ${last}`);
    }
  }
}
