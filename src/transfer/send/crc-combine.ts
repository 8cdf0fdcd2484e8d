/** The polynomial of CRC-32 (IEEE 802.3), bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** A linear map of 32 bits to 32 bits: the image of each bit. */
type Matrix = readonly number[];

const maps = new Map<number, Matrix>();

/** The CRC-32 of two texts of bytes, one after the other, of which the second has `length` bytes. */
export function combineCrc32(first: number, second: number, length: number): number {
  return (apply(zerosOf(length), first) ^ second) >>> 0;
}

/** What `length` zero bytes do to a CRC. Most lengths come again and again. */
function zerosOf(length: number): Matrix {
  const known = maps.get(length);
  if (known) return known;
  let map: Matrix = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);
  let power: Matrix = Array.from({ length: 32 }, (_, bit) =>
    bit === 0 ? POLYNOMIAL : (1 << (bit - 1)) >>> 0,
  );
  // From one bit to a byte.
  for (let doubling = 0; doubling < 3; doubling++) power = compose(power, power);
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) map = compose(power, map);
    power = compose(power, power);
  }
  if (maps.size > 64) maps.clear();
  maps.set(length, map);
  return map;
}

function compose(outer: Matrix, inner: Matrix): Matrix {
  return inner.map((image) => apply(outer, image));
}

function apply(map: Matrix, bits: number): number {
  let image = 0;
  for (let bit = 0; bit < 32; bit++) if ((bits >>> bit) & 1) image ^= map[bit]!;
  return image >>> 0;
}
