import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { Column } from '../../src/terminal/column.ts';
import { createStyle } from '../../src/terminal/style.ts';
import { renderTable } from '../../src/terminal/table.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { anyText } from '../support/any-text.ts';

const COLUMNS: readonly Column[] = [
  { header: 'ID' },
  { header: 'NAME', flexible: true, min: 8, max: 30, cut: 'name' },
  { header: 'SIZE', align: 'right' },
  { header: 'EXPIRES' },
];
const ROWS = [
  ['k3v9…', 'holiday-in-the-mountains-2026.mov', '1.9 GiB', 'in 20 h'],
  ['Zp20…', '漢字.tar', '12 GiB', 'never'],
];

test('on a pipe nothing is cut, and a long name fills no other line with spaces', () => {
  assert.deepEqual(renderTable(COLUMNS, ROWS, { width: null }), [
    'ID     NAME                         SIZE  EXPIRES',
    'k3v9…  holiday-in-the-mountains-2026.mov  1.9 GiB  in 20 h',
    'Zp20…  漢字.tar                   12 GiB  never',
  ]);
});

test('on a narrow terminal whole columns go, in the order that they name', () => {
  const columns: Column[] = [
    { header: 'ID' },
    { header: 'NAME', flexible: true, min: 4, drop: 3 },
    { header: 'BAR', drop: 1 },
    { header: 'SIZE', align: 'right', drop: 2 },
  ];
  const rows = [['k3v9', 'holiday.mov', '#####-----', '1.9 GiB']];
  const at = (width: number) => renderTable(columns, rows, { width })[1];
  assert.equal(at(40), 'k3v9  holiday.mov  #####-----  1.9 GiB');
  assert.equal(at(31), 'k3v9  hol…  #####-----  1.9 GiB');
  assert.equal(at(30), 'k3v9  holiday.mov  1.9 GiB');
  assert.equal(at(18), 'k3v9  holiday.mov');
  assert.equal(at(9), 'k3v9');
});

test('on a terminal the flexible column gives way', () => {
  assert.deepEqual(renderTable(COLUMNS, ROWS, { width: 40 }), [
    'ID     NAME                SIZE  EXPIRES',
    'k3v9…  holiday-i…6.mov  1.9 GiB  in 20 h',
    'Zp20…  漢字.tar          12 GiB  never',
  ]);
});

test('on a wide terminal a column stays within its maximum', () => {
  const [, first] = renderTable(COLUMNS, ROWS, { width: 200 });
  assert.equal(first, 'k3v9…  holiday-in-the-mountains…6.mov  1.9 GiB  in 20 h');
});

test('a terminal too narrow for the columns cuts the lines', () => {
  assert.deepEqual(renderTable(COLUMNS, ROWS, { width: 20 }), [
    'ID     NAME        …',
    'k3v9…  holiday…  1.…',
    'Zp20…  漢字.tar   1…',
  ]);
});

test('the widest flexible column shrinks first, down to its minimum', () => {
  const columns: Column[] = [
    { header: 'A', flexible: true, min: 4 },
    { header: 'B', flexible: true, min: 4 },
  ];
  const cells = [['a'.repeat(10), 'b'.repeat(20)]];
  assert.deepEqual(renderTable(columns, cells, { width: 22 }).slice(1), ['aaaaaaaaaa  bbbbbbbbb…']);
  assert.deepEqual(renderTable(columns, cells, { width: 14 }).slice(1), ['aaaaa…  bbbbb…']);
});

test('colours in a cell change neither the alignment nor what is cut', () => {
  const { warn } = createStyle({ color: true });
  const columns: Column[] = [{ header: 'STATE' }, { header: 'NAME', flexible: true, min: 4 }];
  const rows = (paint: (text: string) => string) => [
    [paint('stalled'), paint('a-very-long-name')],
    [paint('ok'), 'b'],
  ];
  for (const width of [null, 18, 8, 3]) {
    const coloured = renderTable(columns, rows(warn), { width });
    const plain = renderTable(
      columns,
      rows((text) => text),
      { width },
    );
    assert.deepEqual(coloured.map(stripVTControlCharacters), plain);
  }
});

test('a table without headers has no header line', () => {
  assert.deepEqual(
    renderTable([{ header: '' }, { header: '' }], [['would keep', 'x']], { width: null }),
    ['would keep  x'],
  );
});

test('the header line is painted as a whole', () => {
  const { dim } = createStyle({ color: true });
  const [header] = renderTable(COLUMNS, [], { width: 80, header: dim });
  assert.equal(header, dim('ID  NAME  SIZE  EXPIRES'));
});

test('a cell that forgot to be sanitised cannot break out of its line', () => {
  const lines = renderTable([{ header: 'NAME' }], [['a\nb\x1b[2J\u202e']], { width: null });
  assert.deepEqual(lines, ['NAME', 'a\\x0ab\\x1b[2J\\u{202e}']);
});

test('a missing cell is empty', () => {
  assert.deepEqual(renderTable(COLUMNS, [['k3v9…']], { width: null }).slice(1), ['k3v9…']);
});

test('on a terminal no line is ever wider than the terminal, whatever the cells', () => {
  const cell = fc.oneof(
    anyText(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('漢字漢字', '\x1b[31mred\x1b[39m', '👩‍👩‍👧', '\x1b[2J\n'),
  );
  const column = fc.record(
    {
      header: fc.constantFrom('', 'ID', 'LAST BYTE'),
      align: fc.constantFrom<'left' | 'right'>('left', 'right'),
      min: fc.nat(20),
      max: fc.integer({ min: 1, max: 20 }),
      flexible: fc.boolean(),
      cut: fc.constantFrom<'end' | 'name'>('end', 'name'),
    },
    { requiredKeys: ['header'] },
  );
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 5 }),
      fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 4 }),
      fc.integer({ min: 0, max: 60 }),
      (columns, rows, width) => {
        for (const line of renderTable(columns, rows, { width })) {
          assert.ok(displayWidth(line) <= width, JSON.stringify(line));
          assert.doesNotMatch(line, /\n/);
        }
      },
    ),
  );
});
