/** A part of a file: the bytes [from, to). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const FROM_TO = /^(\d+)-(\d*)$/;
const LAST = /^-(\d+)$/;

/**
 * Parses a Range header (RFC 9110, 14.2) for a file of `size` bytes. null means the whole file: the
 * header is missing, invalid, or asks for several ranges, which a server may ignore.
 */
export function byteRange(text: string | undefined, size: number): ByteRange | null | 'outside' {
  const list = /^bytes=(.*)$/i.exec(text ?? '')?.[1];
  if (list === undefined) return null;
  const specs = list
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  const inside: ByteRange[] = [];
  for (const spec of specs) {
    const range = parse(spec, size);
    if (range === undefined) return null;
    if (range.from < range.to) inside.push(range);
    // For an empty file the last bytes are the whole file; Content-Range cannot express that.
    else if (size === 0 && LAST.test(spec) && Number(spec) !== 0) return null;
  }
  if (specs.length === 0 || inside.length > 1) return null;
  return inside[0] ?? 'outside';
}

/** Returns undefined if `spec` is not a range, and an empty range if it lies outside the file. */
function parse(spec: string, size: number): ByteRange | undefined {
  const last = LAST.exec(spec)?.[1];
  if (last !== undefined) return { from: Math.max(0, size - Number(last)), to: size };
  const [, first, end] = FROM_TO.exec(spec) ?? [];
  if (first === undefined) return undefined;
  const from = Number(first);
  if (!end) return { from, to: size };
  return Number(end) < from ? undefined : { from, to: Math.min(Number(end) + 1, size) };
}
