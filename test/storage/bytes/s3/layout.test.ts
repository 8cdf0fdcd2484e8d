import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Layout,
  layoutText,
  parseLayout,
} from '../../../../src/storage/bytes/s3/layout/layout.ts';
import { emptyLayout } from '../../../../src/storage/bytes/s3/layout/ledger.ts';
import {
  PartNumbers,
  parsePartNumbers,
} from '../../../../src/storage/bytes/s3/layout/part-numbers.ts';

const NAME = 'file-0123456789abcdef';
const TAIL = 'tail-0123456789abcdef';

const OPEN: Layout = {
  ...emptyLayout(100),
  ...{ file: NAME, id: '2~abc', next: 20, length: 437, crc32: 0xfedcba98 },
  numbers: parsePartNumbers('1-2,7,12')!,
  tails: [{ name: TAIL, size: 37 }],
  was: { parts: 2, tails: [{ name: TAIL, size: 5 }], crc32: 1 },
  drop: [{ name: TAIL }, { name: NAME, id: 'x' }],
};
const SEALED: Layout = {
  ...emptyLayout(100),
  ...{ state: 'sealed', file: NAME, length: 5, crc32: 7, etag: '"abc-2"' },
};

function same(a: Layout, b: Layout): void {
  const plain = (layout: Layout) => ({
    ...layout,
    numbers: String(layout.numbers),
    stored: String(layout.stored),
  });
  assert.deepEqual(plain(a), plain(b));
}

test('a layout is read as it was written', () => {
  const sealing: Layout = { ...OPEN, state: 'sealing', tails: [], length: 350, was: null };
  const staging: Layout = { ...OPEN, state: 'staging', stored: parsePartNumbers('1-12')! };
  for (const layout of [emptyLayout(8_388_608), OPEN, sealing, staging, SEALED]) {
    same(parseLayout(layoutText(layout)), layout);
  }
  assert.equal(layoutText(emptyLayout(8_388_608)), '{"v":1,"p":8388608,"l":0,"c":0}');
});

test('part numbers are runs', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 60 }), (any) => {
      const numbers = any.toSorted((a, b) => a - b);
      const all = numbers.reduce((sum, number) => sum.with(number), new PartNumbers());
      assert.deepEqual([...all], numbers);
      assert.deepEqual([all.count, all.last], [numbers.length, numbers.at(-1) ?? 0]);
      assert.deepEqual([...parsePartNumbers(String(all))!], numbers);
      const half = numbers.length >> 1;
      assert.deepEqual([...all.first(half)], numbers.slice(0, half));
    }),
  );
  const many = new PartNumbers([[1, 10_000]]);
  assert.equal(String(many), '1-10000');
  for (const wrong of ['0', '1-', '2-1', '1,1', '5,3', '1-3,3', '10001', '1,', ' 1', '1.5', '-1']) {
    assert.equal(parsePartNumbers(wrong), undefined, wrong);
  }
  assert.throws(() => many.with(10_000), RangeError);
});

test('a layout that nobody wrote is refused', () => {
  const raw = JSON.parse(layoutText(OPEN)) as Record<string, unknown>;
  const sealed = JSON.parse(layoutText(SEALED)) as Record<string, unknown>;
  const wrong: unknown[] = [
    ...[null, [], 5, 'x', {}, { v: 1 }],
    ...[0, 2, '1', undefined].map((v) => ({ ...raw, v })),
    ...['closed', 1, '__proto__'].map((s) => ({ ...raw, s })),
    ...[0, -1, 1.5, '100', 2 ** 40, 101].map((p) => ({ ...raw, p })),
    ...[-1, 1.5, 436, 438, 2 ** 60, '437', null].map((l) => ({ ...raw, l })),
    ...[-1, 2 ** 32, '1', undefined].map((c) => ({ ...raw, c })),
    ...['../x', 'file-', 'file-../../0123456', 'photo.jpg', 5, null].map((f) => ({ ...raw, f })),
    ...['', 'a b', 'a\n', 'x'.repeat(2_000), 5, null].map((i) => ({ ...raw, i })),
    ...['1-2,7', '0', '1-2,7,25', 5, [1], null].map((n) => ({ ...raw, n })),
    ...[12, 0, 20_000, '20'].map((x) => ({ ...raw, x })),
    ...[[['a/b', 37]], [[TAIL, 36]], [[TAIL, 0]], [[TAIL]], TAIL, {}].map((t) => ({ ...raw, t })),
    ...[[5, 1], [1], [-1, 1], {}, [1, 1, TAIL]].map((w) => ({ ...raw, w })),
    ...[['../x'], [[NAME, 'a b']], [[NAME]], 'x', [5]].map((d) => ({ ...raw, d })),
    { ...raw, s: 'sealing' },
    { ...raw, s: 'staging', a: '1-2' },
    { ...raw, s: 'sealed' },
    ...[{ f: undefined }, { n: '1' }, { t: [[TAIL, 5]] }, { e: 5 }].map((one) => ({
      ...sealed,
      ...one,
    })),
  ];
  for (const one of wrong) {
    assert.throws(() => parseLayout(JSON.stringify(one)), /cannot be read/, JSON.stringify(one));
  }
  for (const text of ['', '{', 'null']) assert.throws(() => parseLayout(text), /cannot be read/);
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        same(parseLayout(layoutText(parseLayout(text))), parseLayout(text));
      } catch (error) {
        assert.match(String(error), /the layout of an upload cannot be read/);
      }
    }),
  );
});
