import {
  ObjectStoreError,
  type PartInfo,
} from '../../../src/storage/bytes/s3/calls/object-store.ts';
import type { DiskTrouble } from '../disk/simulated-disk.ts';
import type { Scheduler } from '../scheduler.ts';

export interface SimulatedObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: number;
}

export interface SimulatedMultipart {
  readonly key: string;
  readonly parts: Map<number, SimulatedObject & { readonly by: string }>;
  readonly startedAt: number;
}

/** What an S3 server has, and what it says of each request. One request is one step. */
export class SimulatedS3 {
  readonly objects = new Map<string, SimulatedObject>();
  readonly multiparts = new Map<string, SimulatedMultipart>();
  /** Rises with every change. */
  changes = 0;
  readonly trouble: DiskTrouble = { full: false, writeFails: 0, syncFails: 0, othersFail: 0 };
  /** All parts but the last must have this size (bytes). */
  readonly partSize: number;
  /** It refuses to complete while it has parts that are not named, as some servers do. */
  readonly refusesStrays: boolean;
  readonly scheduler: Scheduler;
  /** What no writer may do, once one has done it. */
  broken: string | undefined;
  /** The change that came last to each folder. */
  readonly #touched = new Map<string, number>();
  #names = 0;

  constructor(
    scheduler: Scheduler,
    options: { readonly partSize: number; readonly refusesStrays: boolean },
  ) {
    this.scheduler = scheduler;
    this.partSize = options.partSize;
    this.refusesStrays = options.refusesStrays;
  }

  /** A name that nobody has used. */
  newName(): string {
    this.#names += 1;
    return String(this.#names).padStart(8, '0');
  }

  /** A number that changes whenever something in the folder of an upload does. */
  changesOf(id: string): number {
    return this.#touched.get(id) ?? 0;
  }

  put(key: string, bytes: Buffer): string {
    const object = this.#object(key, bytes);
    this.objects.set(key, object);
    return object.etag;
  }

  get(key: string): SimulatedObject {
    const object = this.objects.get(key);
    if (!object) throw new ObjectStoreError('NoSuchKey', `there is no ${key}`, 404);
    return object;
  }

  delete(key: string): void {
    this.#touch(key);
    this.objects.delete(key);
  }

  createMultipart(key: string): string {
    const id = `m${this.newName()}`;
    this.#touch(key);
    this.multiparts.set(id, { key, parts: new Map(), startedAt: this.scheduler.now() });
    return id;
  }

  /** `by`: the process that sends it. */
  putPart(key: string, id: string, number: number, bytes: Buffer, by: string): string {
    const { parts } = this.multipart(key, id);
    const before = parts.get(number);
    // What a stray leaves behind may be overwritten with nothing.
    const filler = bytes.length === this.partSize && bytes.every((byte) => byte === 0);
    if (before && !filler && (before.by !== by || !before.bytes.equals(bytes))) {
      this.broken ??= `part ${number} of ${key}: ${before.by}, then ${by}`;
    }
    const part = { ...this.#object(key, bytes), by };
    parts.set(number, part);
    return part.etag;
  }

  complete(key: string, id: string, named: readonly Pick<PartInfo, 'number' | 'etag'>[]): void {
    const { parts } = this.multipart(key, id);
    const refuse = (code: string) => new ObjectStoreError(code, 'the parts are not right', 400);
    const chosen = named.map(({ number, etag }, index) => {
      if (index > 0 && named[index - 1]!.number >= number) throw refuse('InvalidPartOrder');
      const part = parts.get(number);
      if (part?.etag !== etag) throw refuse('InvalidPart');
      const { length } = part.bytes;
      const last = index === named.length - 1;
      if (last ? length === 0 : length !== this.partSize) throw refuse('EntityTooSmall');
      return part.bytes;
    });
    if (chosen.length === 0) throw refuse('MalformedXML');
    if (this.refusesStrays && parts.size > named.length) throw refuse('InvalidPart');
    this.multiparts.delete(id);
    this.put(key, Buffer.concat(chosen));
  }

  abort(key: string, id: string): void {
    this.multipart(key, id);
    this.#touch(key);
    this.multiparts.delete(id);
  }

  multipart(key: string, id: string): SimulatedMultipart {
    const multipart = this.multiparts.get(id);
    if (multipart?.key !== key) {
      throw new ObjectStoreError('NoSuchUpload', 'there is no such multipart upload', 404);
    }
    return multipart;
  }

  #touch(key: string): void {
    this.changes += 1;
    this.#touched.set(key.slice(0, key.indexOf('/')), this.changes);
  }

  #object(key: string, bytes: Buffer): SimulatedObject {
    this.#touch(key);
    return { bytes, etag: `"${this.newName()}"`, modifiedAt: this.scheduler.now() };
  }
}
