import { createHash } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { crc32 } from '../../storage/model/crc32.ts';
import type { WholeRequest } from '../../storage/store.ts';

interface Digest {
  update(chunk: Buffer): void;
  digest(): Buffer;
}

const ALGORITHMS: Record<string, () => Digest> = {
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
  sha512: () => createHash('sha512'),
  md5: () => createHash('md5'),
  crc32: () => {
    let value = 0;
    return {
      update: (chunk) => {
        value = crc32(chunk, value);
      },
      digest: () => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes;
      },
    };
  },
};

export const CHECKSUM_ALGORITHMS = Object.keys(ALGORITHMS);

const CHECKSUM = /^(\S+) ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

interface Expected {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** Parses `algorithm base64` (tus 1.0.0, checksum). Throws BAD_REQUEST. */
function parseChecksum(text: string): Expected {
  const match = CHECKSUM.exec(text);
  if (!match) throw new Fault('BAD_REQUEST', 'upload-checksum must be an algorithm and its Base64');
  const make = Object.hasOwn(ALGORITHMS, match[1]!) ? ALGORITHMS[match[1]!] : undefined;
  if (!make) {
    throw new Fault(
      'BAD_REQUEST',
      `upload-checksum: only ${CHECKSUM_ALGORITHMS.join(', ')} are supported`,
    );
  }
  return { digest: make(), bytes: Buffer.from(match[2]!, 'base64') };
}

function compare({ digest, bytes }: Expected): void {
  if (!digest.digest().equals(bytes)) {
    throw new Fault('CHECKSUM_MISMATCH', 'the checksum does not match what arrived');
  }
}

/** The checksum is in the header: the digest is computed as the bytes pass. */
export function checksumFromHeader(text: string): WholeRequest {
  const expected = parseChecksum(text);
  return {
    onChunk: (chunk) => expected.digest.update(chunk),
    verify: async () => compare(expected),
  };
}

/**
 * The checksum comes in a trailer, so the algorithm is known only at the end: the bytes are read
 * back from the file. Where that is not possible, every digest is computed as they pass. If an announced
 * trailer is missing, verification fails.
 */
export function checksumFromTrailer(trailer: () => string | undefined): WholeRequest {
  let digests: ReadonlyMap<string, Digest> | undefined;
  return {
    onUnreadable: (chunk) => {
      digests ??= new Map(Object.entries(ALGORITHMS).map(([name, make]) => [name, make()]));
      for (const digest of digests.values()) digest.update(chunk);
    },
    verify: async (readBack) => {
      const text = trailer();
      if (text === undefined) {
        throw new Fault('BAD_REQUEST', 'the announced trailer upload-checksum did not come');
      }
      const expected = parseChecksum(text);
      if (readBack) {
        for await (const block of readBack()) expected.digest.update(block);
        compare(expected);
        return;
      }
      const [algorithm = ''] = text.split(' ', 1);
      compare({ ...expected, digest: digests?.get(algorithm) ?? expected.digest });
    },
  };
}
