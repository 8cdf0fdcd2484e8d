import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checksum } from '../../conformance/digest.ts';
import type { Target } from '../../conformance/target.ts';
import {
  begin,
  type Headers,
  headerLines,
  OFFSET_STREAM,
  offsetOf,
  patch,
  patchHeaders,
  pathOf,
} from '../../conformance/tus.ts';
import { Wire } from '../../conformance/wire.ts';
import { until } from '../support/until.ts';

/** One request of an upload, and what goes wrong with it. `share` is of what is still missing. */
type Step =
  | { readonly kind: 'patch'; readonly share: number; readonly chunked: boolean }
  | {
      readonly kind: 'checked';
      readonly share: number;
      readonly algorithm: string;
      readonly trailer: boolean;
    }
  /** The checksum is that of other bytes. */
  | { readonly kind: 'corrupted'; readonly share: number; readonly trailer: boolean }
  /** The connection is reset after `sent` of the bytes; with a checksum none of them count. */
  | {
      readonly kind: 'reset';
      readonly share: number;
      readonly sent: number;
      readonly checked: boolean;
      /** The daemon has all of these bytes by then. */
      readonly settled: boolean;
    }
  /** A PATCH at an offset that is not the upload's. */
  | { readonly kind: 'misplaced'; readonly by: number };

export interface Plan {
  /** How many of the bytes come with the creation; null for a creation without a body. */
  readonly withCreation: { readonly share: number; readonly algorithm: string | null } | null;
  readonly deferred: boolean;
  readonly steps: readonly Step[];
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const algorithm = fc.constantFrom('sha1', 'sha256', 'sha512', 'md5', 'crc32');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('patch'), share, chunked: fc.boolean() }),
  fc.record({ kind: fc.constant('checked'), share, algorithm, trailer: fc.boolean() }),
  fc.record({ kind: fc.constant('corrupted'), share, trailer: fc.boolean() }),
  fc.record({
    kind: fc.constant('reset'),
    share,
    sent: share,
    checked: fc.boolean(),
    settled: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('misplaced'), by: fc.integer({ min: 1, max: 50 }) }),
);

/** Any way of sending a file of any size. */
export const plan: fc.Arbitrary<Plan> = fc.record({
  withCreation: fc.option(fc.record({ share, algorithm: fc.option(algorithm) }), { nil: null }),
  deferred: fc.boolean(),
  steps: fc.array(step, { maxLength: 8 }),
});

const STREAM = { 'Content-Type': OFFSET_STREAM };

/**
 * Sends `content` by the plan, and what the plan leaves over in a last request. Checks the offset
 * after every step. `made` is the URL of an upload that is there already. Returns the URL.
 */
export async function sendByPlan(
  t: Target,
  content: Buffer,
  { withCreation, deferred, steps }: Plan,
  headers: Headers,
  made?: string,
): Promise<string> {
  const tellsLater = deferred && made === undefined;
  const total = String(content.length);
  let offset = 0;
  let url = made;
  if (url === undefined) {
    const length = tellsLater ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': total };
    const first = withCreation && content.subarray(0, portion(content.length, withCreation.share));
    const check = first && withCreation?.algorithm;
    url = await begin(
      t,
      {
        ...length,
        ...headers,
      },
      first === null
        ? {}
        : {
            body: first,
            headers: { ...STREAM, ...(check ? { 'Upload-Checksum': checksum(check, first) } : {}) },
          },
    );
    offset = first?.length ?? 0;
    assert.equal(await offsetOf(t, url), offset, 'after the creation');
  }
  for (const step of steps) {
    // An upload that is complete takes no more; only a deferred length leaves it open.
    if (offset === content.length && !tellsLater) return url;
    offset = await take(t, url, content, offset, step);
  }
  const last = tellsLater ? { 'Upload-Length': total } : {};
  if (offset < content.length || tellsLater) {
    const { status } = await patch(t, url, offset, content.subarray(offset), { headers: last });
    assert.equal(status, 204, 'the last request');
  }
  return url;
}

function portion(size: number, share: number): number {
  return Math.round(size * share);
}

/** Does one step; returns the offset after it, which HEAD has confirmed. */
async function take(t: Target, url: string, content: Buffer, offset: number, step: Step) {
  const missing = content.length - offset;
  if (step.kind === 'misplaced') {
    const { status } = await patch(t, url, offset + step.by, Buffer.from('x'));
    assert.equal(status, 409, 'misplaced');
    return confirmed(t, url, offset, 'misplaced');
  }
  const bytes = content.subarray(offset, offset + portion(missing, step.share));
  switch (step.kind) {
    case 'patch': {
      const { status } = await patch(t, url, offset, bytes, { chunked: step.chunked });
      assert.equal(status, 204, 'a patch');
      return confirmed(t, url, offset + bytes.length, 'a patch');
    }
    case 'checked': {
      const sum = { 'Upload-Checksum': checksum(step.algorithm, bytes) };
      const { status } = await patch(t, url, offset, bytes, carried(sum, step.trailer));
      assert.equal(status, 204, 'a checked patch');
      return confirmed(t, url, offset + bytes.length, 'a checked patch');
    }
    case 'corrupted': {
      const sum = { 'Upload-Checksum': checksum('sha1', Buffer.from(`not ${bytes.length}`)) };
      const { status } = await patch(t, url, offset, bytes, carried(sum, step.trailer));
      assert.equal(status, 460, 'a corrupted patch');
      return confirmed(t, url, offset, 'a corrupted patch');
    }
    case 'reset':
      return reset(t, url, offset, bytes, step);
  }
}

function carried(sum: Record<string, string>, trailer: boolean) {
  return trailer ? { chunked: true, trailers: sum } : { headers: sum };
}

async function confirmed(t: Target, url: string, offset: number, after: string): Promise<number> {
  assert.equal(await offsetOf(t, url), offset, `after ${after}`);
  return offset;
}

async function reset(
  t: Target,
  url: string,
  offset: number,
  bytes: Buffer,
  { sent, checked, settled }: Step & { kind: 'reset' },
): Promise<number> {
  // One byte less comes than is declared, at most: the request is never complete.
  const declared = { 'Content-Length': String(bytes.length) };
  const part = bytes.subarray(0, Math.min(portion(bytes.length, sent), bytes.length - 1));
  if (bytes.length === 0) return offset;
  const sum = checked ? { 'Upload-Checksum': checksum('md5', bytes) } : {};
  const wire = await Wire.open(url, t.limitMs);
  const head = { ...patchHeaders(offset), ...declared, ...sum };
  wire.head('PATCH', pathOf(url), headerLines(t, 'PATCH', url, head));
  wire.write(part);
  if (settled && !checked) {
    const arrived = offset + part.length;
    await until('the bytes before a reset', async () => (await offsetOf(t, url)) === arrived);
  }
  wire.reset();
  wire.close();
  // What HEAD tells counts once the daemon has noticed; an empty PATCH there is taken only then.
  return until('the offset after a reset', async () => {
    const now = await offsetOf(t, url);
    assert.ok(now >= offset && now <= offset + part.length, `${now} after a reset`);
    if (checked) assert.equal(now, offset, 'after a reset of a checked patch');
    const { status } = await patch(t, url, now, Buffer.alloc(0));
    return status === 204 && (await offsetOf(t, url)) === now && { now };
  }).then(({ now }) => now);
}
