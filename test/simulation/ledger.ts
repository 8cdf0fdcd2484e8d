import type { StoredUpload } from '../../src/storage/model/upload.ts';
import type { FsyncMode } from '../../src/storage/uploads/durability.ts';

const NOTHING = Buffer.alloc(0);

/** Bytes of an upload's clients: each sender has its own, so a byte tells who has sent it. */
export const GOOD_SENDERS = 8;
/** From here on senders whose bytes must never count: their checksum is wrong. */
export const BAD_SENDER = 100;

/** What `sender` sends at these places of an upload. */
export function contentOf(upload: number, sender: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  for (let at = from; at < to; at += 1) bytes[at - from] = (plain(upload, at) + sender) & 0xff;
  return bytes;
}

/** Who has sent the byte at this place. */
export function senderOf(upload: number, at: number, byte: number): number {
  return (byte - plain(upload, at)) & 0xff;
}

function plain(upload: number, at: number): number {
  return (Math.imul(upload + 1, 73) ^ Math.imul(at + 11, 151) ^ (at >> 3)) & 0xff;
}

/** What clients learned about one upload, and what they have sent. */
export interface Known {
  readonly id: string;
  /** Which content it has. */
  readonly number: number;
  readonly kind: StoredUpload['kind'];
  readonly parts: readonly string[];
  /** Its client has its URL. */
  told: boolean;
  /** Bytes that were acknowledged, as they were then. */
  acknowledged: Buffer;
  /** How much of that survives a power cut: what an answer has confirmed, and not a look alone. */
  durable: number;
  /** Each of its requests counts as a whole: this many bytes were verified; null for others. */
  verified: number | null;
  /** An answer said that it is finished. */
  finished: boolean;
  /** A HEAD has told all its bytes to a client who takes it for finished then. */
  believed: boolean;
  /** How often a person or a client has asked for its removal and was not refused. */
  removalAsked: number;
  /** An answer said that it is removed. */
  removed: boolean;
  /** Its removal has begun, for a reason that holds. */
  going: boolean;
}

/** What was promised to anybody. */
export class Ledger {
  readonly uploads = new Map<string, Known>();

  begin(id: string, kind: StoredUpload['kind'], parts: readonly string[] = []): Known {
    const known: Known = {
      id,
      number: this.uploads.size,
      kind,
      parts,
      told: false,
      acknowledged: NOTHING,
      durable: 0,
      verified: null,
      finished: false,
      believed: false,
      removalAsked: 0,
      removed: false,
      going: false,
    };
    this.uploads.set(id, known);
    return known;
  }

  /** The power was cut: what was promised for a crash alone is void. `isThere`: its record counts. */
  cut(mode: FsyncMode, isThere: (id: string) => boolean): void {
    for (const known of this.uploads.values()) {
      // A removal is not made durable before it is confirmed: what is left of it is swept.
      known.removed = false;
      if (isThere(known.id)) known.going = false;
      if (known.finished || known.believed) continue;
      if (mode !== 'always') {
        known.told = false;
        known.durable = 0;
      }
      known.acknowledged = known.acknowledged.subarray(0, known.durable);
    }
  }
}
