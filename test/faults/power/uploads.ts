import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendAt,
  creation,
  idOf,
  locationOf,
  OFFSET_STREAM,
  offsetOf,
  send,
} from '../../support/tus.ts';

export interface Uploaded {
  readonly what: string;
  readonly bytes: Buffer;
  id: string;
}

/**
 * Uploads of every kind. No two answers tell the same offset, so that an answer in a trace says
 * which upload it is about; `uploads` holds each from before its first answer.
 */
export class Uploader {
  readonly #base: string;
  readonly uploads: Uploaded[] = [];
  #length: number;

  constructor(base: string) {
    this.#base = base;
    this.#length = 3_000;
  }

  async all(): Promise<void> {
    await this.#withCreation('a small one that comes with its creation', this.#next());
    await this.#withCreation('a large one that comes with its creation', this.#next(300_000));
    await this.#withCreation('one with a checksum', this.#next(), { checksum: true });
    await this.#inPieces('one in three pieces', this.#next(200_000));
    await this.#inPieces('one in three pieces with checksums', this.#next(), { checksum: true });
    await this.#inPieces('one that tells its length last', this.#next(), { deferred: true });
    await this.#empty();
    await this.#joined();
    await this.many(12);
  }

  /** Small uploads that finish together. */
  async many(count: number): Promise<void> {
    const bodies = Array.from({ length: count }, () => this.#next());
    await Promise.all(
      bodies.map((body, index) => this.#withCreation(`one of many (${index})`, body)),
    );
  }

  /** Lengths far enough apart for the offsets within to differ, too. */
  #next(more = 0): Buffer {
    this.#length += 1_007 + more;
    return randomBytes(this.#length);
  }

  #enter(what: string, bytes: Buffer): Uploaded {
    const upload = { what, bytes, id: '' };
    this.uploads.push(upload);
    return upload;
  }

  async #create(upload: Uploaded, headers: Record<string, string>, body: Buffer): Promise<string> {
    const reply = await send('POST', this.#base, { headers, body });
    const url = locationOf(this.#base, reply);
    upload.id = idOf(url);
    return url;
  }

  async #withCreation(what: string, bytes: Buffer, { checksum = false } = {}): Promise<void> {
    const headers = creation(bytes.length, { 'Content-Type': OFFSET_STREAM });
    const sum = checksum ? checksumOf(bytes) : {};
    await this.#create(this.#enter(what, bytes), { ...headers, ...sum }, bytes);
  }

  async #inPieces(
    what: string,
    bytes: Buffer,
    { checksum = false, deferred = false, concat = {} } = {},
  ): Promise<string> {
    const upload = this.#enter(what, bytes);
    const headers = creation(deferred ? null : bytes.length, concat);
    const url = await this.#create(upload, headers, Buffer.alloc(0));
    const { length } = bytes;
    for (const [from, to] of [
      [0, Math.floor(length / 3)],
      [Math.floor(length / 3), Math.floor(length / 2)],
      [Math.floor(length / 2), length],
    ] as const) {
      const body = bytes.subarray(from, to);
      const more = {
        ...(checksum ? checksumOf(body) : {}),
        ...(deferred && to === length ? { 'Upload-Length': `${length}` } : {}),
      };
      const reply = await send('PATCH', url, { headers: appendAt(from, more), body });
      assert.equal(reply.status, 204, `${what}: ${reply.body}`);
      assert.equal(offsetOf(reply), to);
    }
    return url;
  }

  async #empty(): Promise<void> {
    await this.#create(
      this.#enter('one of no bytes', Buffer.alloc(0)),
      creation(0),
      Buffer.alloc(0),
    );
  }

  async #joined(): Promise<void> {
    const concat = { 'Upload-Concat': 'partial' };
    const parts = [this.#next(), this.#next(50_000)];
    const urls: string[] = [];
    for (const part of parts) urls.push(await this.#inPieces('a part', part, { concat }));
    const upload = this.#enter('one that is joined of two parts', Buffer.concat(parts));
    const paths = urls.map((url) => new URL(url).pathname).join(' ');
    await this.#create(upload, { 'Upload-Concat': `final;${paths}` }, Buffer.alloc(0));
  }
}

function checksumOf(bytes: Buffer): Record<string, string> {
  return { 'Upload-Checksum': `sha1 ${createHash('sha1').update(bytes).digest('base64')}` };
}
