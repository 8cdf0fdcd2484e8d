const POLYNOMIAL = 0xedb88320;

/** A matrix over GF(2): row n is what bit n becomes. */
type Matrix = readonly number[];

/** Row n appends a zero bit to a CRC of bit n alone: a shift, and the polynomial for what falls out. */
const APPEND: Matrix = [POLYNOMIAL, ...Array.from({ length: 31 }, (_, bit) => bitAt(bit))];
/** Takes that zero bit away again. */
const TAKE: Matrix = [
  ...Array.from({ length: 31 }, (_, bit) => bitAt(bit + 1)),
  (((POLYNOMIAL << 1) | 1) >>> 0) as number,
];

/** Squares: member n is for 2^n bits. */
const appending: Matrix[] = [APPEND];
const taking: Matrix[] = [TAKE];

/** The CRC-32 of two runs of bytes, from the CRC-32 of each and the length of the second. */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  return (afterZeros(first, secondLength, appending) ^ second) >>> 0;
}

/** The CRC-32 of the first of two runs of bytes, from that of both and of the second. */
export function firstCrc32(both: number, second: number, secondLength: number): number {
  return afterZeros((both ^ second) >>> 0, secondLength, taking);
}

/** Zero bytes act linearly: one multiplication for each bit of their number is enough. */
function afterZeros(crc: number, bytes: number, squares: Matrix[]): number {
  let result = crc;
  let exponent = 3;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = times(squareOf(squares, exponent), result);
    exponent += 1;
  }
  return result;
}

function squareOf(squares: Matrix[], exponent: number): Matrix {
  while (squares.length <= exponent) {
    const last = squares.at(-1)!;
    squares.push(last.map((row) => times(last, row)));
  }
  return squares[exponent]!;
}

function times(matrix: Matrix, vector: number): number {
  let product = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit++, rest >>>= 1) {
    if (rest & 1) product ^= matrix[bit]!;
  }
  return product >>> 0;
}

function bitAt(bit: number): number {
  return (1 << bit) >>> 0;
}
