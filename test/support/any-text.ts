import fc from 'fast-check';

/** The halves of surrogate pairs are no characters; they are left out. */
const HALVES = { first: 0xd800, count: 0x800 };

const character = fc
  .integer({ min: 0, max: 0x10ffff - HALVES.count })
  .map((point) => String.fromCodePoint(point < HALVES.first ? point : point + HALVES.count));

/** Text of any characters. fast-check's own, `unit: 'binary'`, takes a second to make. */
export function anyText(
  limits: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  return fc.string({ unit: character, ...limits });
}
