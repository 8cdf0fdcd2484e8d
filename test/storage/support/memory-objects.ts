import { createHash } from 'node:crypto';
import {
  type Body,
  type ListOptions,
  type MultipartInfo,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
  type Page,
  type PartInfo,
  type Source,
} from '../../../src/storage/bytes/s3/calls/object-store.ts';

/** What stands on one page of a list: few, so that pages are turned. */
const PAGE = 7;

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: number;
}

interface Multipart {
  readonly key: string;
  readonly startedAt: number;
  readonly parts: Map<number, StoredObject>;
}

/**
 * A bucket in memory that answers as radosgw does: Complete must name all parts, all but the last of the
 * smallest size or more, and may be repeated.
 */
export class MemoryObjects implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  readonly multiparts = new Map<string, Multipart>();
  readonly #smallestPart: number;
  #ids = 0;

  constructor({ smallestPart = 1 } = {}) {
    this.#smallestPart = smallestPart;
  }

  async put(key: string, body: Body): Promise<string> {
    const object = await store(body);
    this.objects.set(key, object);
    return object.etag;
  }

  async get({ key, from, to }: Source): Promise<AsyncIterable<Uint8Array>> {
    const { bytes } = this.#object(key);
    if (from >= bytes.length) throw new ObjectStoreError('InvalidRange', 'no such bytes', 416);
    return (async function* () {
      for (let at = from; at < Math.min(to, bytes.length); at += 50_000) {
        yield Buffer.from(bytes.subarray(at, Math.min(to, bytes.length, at + 50_000)));
      }
    })();
  }

  async head(key: string): Promise<ObjectInfo | null> {
    const object = this.objects.get(key);
    return object ? infoOf(key, object) : null;
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(key);
  }

  async listObjects(prefix: string, options: ListOptions): Promise<Page<ObjectInfo>> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return pageOf(
      keys.map((key) => infoOf(key, this.objects.get(key)!)),
      ({ key }) => key,
      options,
    );
  }

  async listFolders(prefix: string, options: ListOptions): Promise<Page<string>> {
    const folders = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && key.includes('/', prefix.length))
      .map((key) => key.slice(0, key.indexOf('/', prefix.length) + 1));
    return pageOf([...new Set(folders)].toSorted(), (folder) => folder, options);
  }

  async createMultipart(key: string): Promise<string> {
    this.#ids += 1;
    const id = `multipart-${this.#ids}`;
    this.multiparts.set(id, { key, startedAt: Date.now(), parts: new Map() });
    return id;
  }

  async uploadPart(key: string, id: string, number: number, body: Body): Promise<string> {
    const { parts } = this.#multipart(key, id);
    const part = await store(body);
    parts.set(number, part);
    return part.etag;
  }

  async copyPart(key: string, id: string, number: number, source: Source): Promise<string> {
    const { parts } = this.#multipart(key, id);
    const bytes = this.#object(source.key).bytes.subarray(source.from, source.to);
    const part = objectOf(Buffer.from(bytes));
    parts.set(number, part);
    return part.etag;
  }

  async listParts(key: string, id: string, options: ListOptions): Promise<Page<PartInfo>> {
    const parts = this.#sorted(this.#multipart(key, id));
    const infos = parts.map(([number, { bytes, etag }]) => ({ number, etag, size: bytes.length }));
    return pageOf(infos, ({ number }) => String(number).padStart(5, '0'), options);
  }

  async complete(
    key: string,
    id: string,
    named: readonly Pick<PartInfo, 'number' | 'etag'>[],
  ): Promise<void> {
    if (!this.multiparts.has(id) && this.objects.has(key)) return;
    const multipart = this.#multipart(key, id);
    const parts = this.#sorted(multipart);
    const same = parts.every(
      ([number, { etag }], index) => named[index]?.number === number && named[index]?.etag === etag,
    );
    if (!same || parts.length !== named.length) {
      throw new ObjectStoreError('InvalidPart', 'not the parts that are there', 400);
    }
    if (parts.slice(0, -1).some(([, { bytes }]) => bytes.length < this.#smallestPart)) {
      throw new ObjectStoreError('EntityTooSmall', 'a part in the middle is too small', 400);
    }
    this.objects.set(key, objectOf(Buffer.concat(parts.map(([, { bytes }]) => bytes))));
    this.multiparts.delete(id);
  }

  async abort(key: string, id: string): Promise<void> {
    this.#multipart(key, id);
    this.multiparts.delete(id);
  }

  async listMultiparts(prefix: string, options: ListOptions): Promise<Page<MultipartInfo>> {
    const found = [...this.multiparts]
      .filter(([, { key }]) => key.startsWith(prefix))
      .map(([id, { key, startedAt }]) => ({ key, id, startedAt }))
      .toSorted((one, other) => (`${one.key} ${one.id}` < `${other.key} ${other.id}` ? -1 : 1));
    return pageOf(found, ({ key, id }) => `${key} ${id}`, options);
  }

  async checkBucket(): Promise<void> {}

  close(): void {}

  #object(key: string): StoredObject {
    const object = this.objects.get(key);
    if (!object) throw new ObjectStoreError('NoSuchKey', `there is no ${key}`, 404);
    return object;
  }

  #multipart(key: string, id: string): Multipart {
    const found = this.multiparts.get(id);
    if (found?.key === key) return found;
    throw new ObjectStoreError('NoSuchUpload', `there is no multipart upload ${id}`, 404);
  }

  #sorted({ parts }: Multipart): [number, StoredObject][] {
    return [...parts].toSorted(([one], [other]) => one - other);
  }
}

async function store(body: Body): Promise<StoredObject> {
  const blocks: Uint8Array[] = [];
  for await (const block of body.bytes()) blocks.push(Buffer.from(block));
  const bytes = Buffer.concat(blocks);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== body.size || sha256 !== body.sha256) {
    throw new ObjectStoreError('XAmzContentSHA256Mismatch', 'other bytes than were signed', 400);
  }
  return objectOf(bytes);
}

function objectOf(bytes: Buffer): StoredObject {
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  return { bytes, etag, modifiedAt: Date.now() };
}

function infoOf(key: string, { bytes, etag, modifiedAt }: StoredObject): ObjectInfo {
  return { key, etag, modifiedAt, size: bytes.length };
}

function pageOf<T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  { after = '' }: ListOptions,
): Page<T> {
  const left = sorted.filter((item) => nameOf(item) > after);
  const items = left.slice(0, PAGE);
  const last = items.at(-1);
  return last !== undefined && left.length > PAGE ? { items, next: nameOf(last) } : { items };
}
