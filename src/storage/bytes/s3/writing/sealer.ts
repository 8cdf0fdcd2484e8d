import { Fault } from '../../../../fault.ts';
import type { Content } from '../../bytes.ts';
import type { OpenUpload } from './open-upload.ts';
import type { Region } from './region.ts';
import { completeSealing, moveParts, stage } from './sealing.ts';

/** Strays that S3 refuses to leave out come from few writers. */
const SEALS = 3;

/** Makes what a writer has stored, and what it still holds, the finished object. */
export class Sealer {
  readonly #upload: OpenUpload;
  readonly #region: Region;
  /** Of the last part, when sealing failed behind it: the same bytes go under the same number. */
  #lastNumber: number | undefined;
  /** Whether the record has the layout that says that the upload is being sealed. */
  #recorded = true;

  constructor(upload: OpenUpload, region: Region) {
    this.#upload = upload;
    this.#region = region;
  }

  /** The bytes have changed since the last attempt. */
  forget(): void {
    this.#lastNumber = undefined;
  }

  /** No part may be on its way. */
  async seal(content: Content): Promise<void> {
    const { ledger } = this.#upload;
    for (let seals = 0; ledger.layout.state !== 'sealed'; seals++) {
      if (seals === 2 * SEALS) {
        throw new Fault('IO', 'S3 does not put the parts of this upload together');
      }
      const { state, numbers } = ledger.layout;
      if (state === 'sealing' || state === 'staging') await this.complete();
      else if (numbers.count === 0) await this.#sealSmall(content);
      else await this.#sealParts(content);
    }
    this.#region.release();
  }

  /**
   * Ends a sealing that has begun, or a move of the parts. The layout is recorded first, so that the next
   * writer completes the same parts and sends no others.
   */
  async complete(): Promise<void> {
    const { ledger } = this.#upload;
    if (ledger.layout.state === 'staging') await moveParts(this.#upload, await stage(this.#upload));
    if (ledger.layout.state !== 'sealing') return;
    if (!this.#recorded) await this.#upload.record();
    this.#recorded = true;
    this.#region.release();
    await completeSealing(this.#upload);
    if (ledger.layout.drop.length > 0) await this.#upload.recordAndTidy();
  }

  /** All there is is less than a part: one object, and nothing to record before it. */
  async #sealSmall({ length, crc32 }: Content): Promise<void> {
    const { ledger } = this.#upload;
    ledger.abandon();
    const name = this.#upload.newName('file');
    const etag = await this.#region.whole((piece) => this.#upload.putObject(name, piece));
    ledger.replaceTails([], { length, crc32 });
    ledger.seal(name, etag);
    if (ledger.layout.drop.length > 0) await this.#upload.recordAndTidy();
  }

  async #sealParts({ length, crc32 }: Content): Promise<void> {
    const upload = this.#upload;
    const { ledger } = upload;
    if (length > ledger.partsEnd) {
      this.#lastNumber ??= await upload.takeNumber();
      const number = this.#lastNumber;
      if (number === undefined) throw new Fault('TOO_LARGE', 'S3 has no part numbers left');
      await this.#region.whole((piece) => upload.putPart(number, piece));
    }
    ledger.beginSealing(this.#lastNumber, length, crc32);
    this.#lastNumber = undefined;
    this.#recorded = false;
  }
}
