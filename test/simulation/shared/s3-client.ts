import {
  type Body,
  type ListOptions,
  type ObjectStore,
  ObjectStoreError,
  type Page,
} from '../../../src/storage/bytes/s3/calls/object-store.ts';
import type { DiskTrouble } from '../disk/simulated-disk.ts';
import type { Effects } from '../effects.ts';
import type { SimulatedS3 } from './simulated-s3.ts';

/** Items of a page. */
const PAGE = 3;
/** An answer that comes later than this is not waited for (milliseconds). */
const GIVEN_UP = 31_000;

/** Probability that a request is long on its way. */
const LONG = 0.01;

type Failing = Exclude<keyof DiskTrouble, 'full'>;

/**
 * S3 as one process uses it. A request that has been sent arrives, also when its sender has ended or
 * has given it up meanwhile; its answer may be lost.
 */
export function s3Client(s3: SimulatedS3, effects: Effects): ObjectStore {
  const { scheduler, process, random } = effects;

  function request<T>(
    kind: string,
    failing: Failing,
    signal: AbortSignal,
    serve: () => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const given = () => reject(signal.reason);
      if (signal.aborted) return given();
      signal.addEventListener('abort', given);
      const answer = (tell: () => void) => {
        // A request that takes longer than anybody waits for its answer.
        const late = s3.trouble[failing] > 0 && random.chance(0.1);
        scheduler.after(late ? GIVEN_UP : scheduler.delay(), process, () => {
          signal.removeEventListener('abort', given);
          tell();
        });
      };
      const fails = () => s3.trouble[failing] > 0 && random.chance(s3.trouble[failing]);
      // Some are long on their way, also beyond the end of their sender.
      const onItsWay =
        !scheduler.calm && random.chance(LONG) ? random.pick([100, 2_000, GIVEN_UP]) : 0;
      scheduler.after(onItsWay + scheduler.delayOf(kind), null, () => {
        if (fails()) {
          const [code, status] = random.pick(FAILURES);
          return answer(() => reject(new ObjectStoreError(code, 'the simulated S3', status)));
        }
        let result: T;
        try {
          result = serve();
        } catch (error) {
          return answer(() => reject(error));
        }
        const lost = fails();
        answer(() =>
          lost
            ? reject(new ObjectStoreError('ECONNRESET', 'the answer was lost'))
            : resolve(result),
        );
      });
    });
  }

  function assertRoom(): void {
    if (s3.trouble.full) throw new ObjectStoreError('QuotaExceeded', 'the bucket is full', 403);
  }

  const list = <T>(
    signal: AbortSignal,
    { after }: ListOptions,
    items: () => readonly (readonly [string, T])[],
  ): Promise<Page<T>> =>
    request('listing what S3 has', 'othersFail', signal, () => {
      const left = items().filter(([name]) => after === undefined || name > after);
      const page = left.slice(0, PAGE);
      return {
        items: page.map(([, item]) => item),
        ...(left.length > PAGE ? { next: page.at(-1)![0] } : {}),
      };
    });

  return {
    async put(key, body, signal) {
      const bytes = await bytesOf(body);
      return request('putting an object', 'writeFails', signal, () => {
        assertRoom();
        return s3.put(key, bytes);
      });
    },

    async get({ key, from, to }, signal) {
      const bytes = await request('getting an object', 'othersFail', signal, () =>
        s3.get(key).bytes.subarray(from, to),
      );
      const breaks = s3.trouble.othersFail > 0 && random.chance(0.2);
      const half = breaks ? Math.floor(bytes.length / 2) : bytes.length;
      return (async function* () {
        yield Buffer.from(bytes.subarray(0, half));
      })();
    },

    head: (key, signal) =>
      request('looking at an object', 'othersFail', signal, () => {
        const object = s3.objects.get(key);
        if (!object) return null;
        const { bytes, etag, modifiedAt } = object;
        return { key, size: bytes.length, etag, modifiedAt };
      }),

    delete: (key, signal) =>
      request('deleting an object', 'othersFail', signal, () => s3.delete(key)),

    listObjects: (prefix, options, signal) =>
      list(signal, options, () =>
        sorted(s3.objects)
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { bytes, etag, modifiedAt }]) => [
            key,
            { key, size: bytes.length, etag, modifiedAt },
          ]),
      ),

    listFolders: (prefix, options, signal) =>
      list(signal, options, () => {
        const folders = new Map<string, string>();
        for (const [key] of sorted(s3.objects)) {
          const end = key.indexOf('/', prefix.length);
          if (!key.startsWith(prefix) || end < 0) continue;
          folders.set(key.slice(0, end + 1), key.slice(0, end + 1));
        }
        return [...folders];
      }),

    createMultipart: (key, signal) =>
      request('beginning a multipart upload', 'othersFail', signal, () => s3.createMultipart(key)),

    async uploadPart(key, id, number, body, signal) {
      const bytes = await bytesOf(body);
      return request('putting a part', 'writeFails', signal, () => {
        assertRoom();
        return s3.putPart(key, id, number, bytes, process.name);
      });
    },

    copyPart: (key, id, number, { key: source, from, to }, signal) =>
      request('copying a part', 'writeFails', signal, () =>
        s3.putPart(key, id, number, s3.get(source).bytes.subarray(from, to), process.name),
      ),

    listParts: (key, id, options, signal) =>
      list(signal, options, () =>
        [...s3.multipart(key, id).parts]
          .toSorted(([one], [other]) => one - other)
          .map(([number, { bytes, etag }]) => [
            String(number).padStart(5, '0'),
            { number, size: bytes.length, etag },
          ]),
      ),

    complete: (key, id, parts, signal) =>
      request('completing a multipart upload', 'syncFails', signal, () =>
        s3.complete(key, id, parts),
      ),

    abort: (key, id, signal) =>
      request('aborting a multipart upload', 'othersFail', signal, () => s3.abort(key, id)),

    listMultiparts: (prefix, options, signal) =>
      list(signal, options, () =>
        [...s3.multiparts]
          .filter(([, { key }]) => key.startsWith(prefix))
          .map(([id, { key, startedAt }]) => [`${key} ${id}`, { key, id, startedAt }] as const)
          .toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),

    checkBucket: (signal) => request('looking at the bucket', 'othersFail', signal, () => {}),
    close() {},
  };
}

const FAILURES = [
  ['InternalError', 500],
  ['SlowDown', 503],
  ['ECONNREFUSED', undefined],
] as const;

async function bytesOf(body: Body): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of body.bytes()) blocks.push(Uint8Array.from(block));
  return Buffer.concat(blocks);
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}
