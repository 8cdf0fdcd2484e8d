import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Server } from '../../test/support/services/s3.ts';
import type { Sample } from '../figures.ts';
import { quietDisk } from '../quiet-disk.ts';
import { MIB } from '../sizes.ts';
import type { Plan } from '../works/streams.ts';

/** That of the daemon for such uploads (bytes). */
const PART = 8 * MIB;
/** As many as the daemon sends at a time for each upload. */
const PARTS_AT_ONCE = 4;

/** As the load client has connections. */
const CLIENTS = 16;

/** Writes objects from memory into the bucket with the SDK of AWS, and nothing between. */
export class Direct {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #part = randomBytes(PART);
  #objects = 0;

  constructor({ endpoint, region, bucket, credentials }: S3Server) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      // As the daemon does: the signature covers a SHA-256 of each part.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /** One round: objects of so many bytes, one PUT each. */
  async writeSmall(count: number, length: number): Promise<Sample> {
    const Body = this.#part.subarray(0, length);
    let left = count;
    const sender = async () => {
      while (left-- > 0) {
        const Key = `direct/${++this.#objects}`;
        await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key, Body }));
      }
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: CLIENTS }, sender));
    return { perSecond: count / ((performance.now() - begun) / 1000) };
  }

  /** One round: all streams at once. */
  async write({ streams, length: whole }: Plan, share: number): Promise<Sample> {
    const length = Math.ceil(whole * share);
    const keys = Array.from({ length: streams }, () => `direct/${++this.#objects}`);
    await quietDisk();
    const begun = performance.now();
    await Promise.all(keys.map((key) => this.#writeOne(key, length)));
    const seconds = (performance.now() - begun) / 1000;
    for (const Key of keys) {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key }));
    }
    return { mibPerSecond: (streams * length) / MIB / seconds };
  }

  close(): void {
    this.#client.destroy();
  }

  async #writeOne(Key: string, length: number): Promise<void> {
    const object = { Bucket: this.#bucket, Key };
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(object));
    const etags: (string | undefined)[] = [];
    const count = Math.ceil(length / PART);
    let next = 0;
    const sender = async () => {
      while (next < count) {
        const index = next++;
        const Body = this.#part.subarray(0, Math.min(PART, length - index * PART));
        const command = { ...object, UploadId, PartNumber: index + 1, Body };
        etags[index] = (await this.#client.send(new UploadPartCommand(command))).ETag;
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sender));
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
    );
  }
}
