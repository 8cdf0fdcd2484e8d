import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineWriter } from '../../src/cli/output/line-writer.ts';
import { TableWriter } from '../../src/cli/output/table-writer.ts';
import { createStyle } from '../../src/terminal/style.ts';
import { createHost } from '../support/cli-host.ts';

const style = createStyle({ color: false });

async function render(rows: string[][], headers: string[], width: number | null = null) {
  const host = createHost({ cwd: '/' });
  const lines = new LineWriter(host.stdout);
  const columns = headers.map((header) => ({ header }));
  const table = new TableWriter(columns, lines, { width, style });
  for (const row of rows) await table.row(row);
  await table.flush();
  await lines.flush();
  return host.out.stdout.split('\n').slice(0, -1);
}

test('a table of any length has one header, and every row once and in order', async () => {
  const rows = Array.from({ length: 1001 }, (_, index) => [`row-${index}`, 'x']);
  const lines = await render(rows, ['NAME', 'VALUE']);
  assert.equal(lines.length, 1002);
  assert.match(lines[0] ?? '', /^NAME +VALUE$/);
  for (const [index, line] of lines.slice(1).entries()) {
    assert.match(line, new RegExp(`^row-${index} +x$`));
  }
});

test('a column never becomes narrower than it was', async () => {
  const rows = Array.from({ length: 600 }, (_, index) => [
    index === 100 ? 'wide'.repeat(5) : 'a',
    'x',
  ]);
  const lines = await render(rows, ['N', 'V']);
  const columnOf = (line: string | undefined) => line?.lastIndexOf('x');
  assert.equal(columnOf(lines[150]), 22);
  assert.equal(columnOf(lines[599]), 22);
});

test('a table without headers has rows alone, however many', async () => {
  const rows = Array.from({ length: 450 }, (_, index) => [String(index), 'x']);
  const lines = await render(rows, ['', '']);
  assert.equal(lines.length, 450);
  assert.equal(lines[449], '449  x');
});

test('a table without rows prints nothing', async () => {
  assert.deepEqual(await render([], ['NAME']), []);
});
