import type { Outcome } from './outcome.ts';
import { EXTENSIONS, type Row } from './row.ts';

export interface Result {
  row: Row;
  outcome: Outcome;
}

const COLUMNS = {
  pass: 'passed',
  fail: 'failed',
  'not-offered': 'not offered',
  untestable: 'untestable',
};
const KINDS = Object.keys(COLUMNS) as Outcome['kind'][];

/** How many results there are of each kind. */
export function tally(results: Result[]): Record<Outcome['kind'], number> {
  const count = { pass: 0, fail: 0, 'not-offered': 0, untestable: 0 };
  for (const { outcome } of results) count[outcome.kind] += 1;
  return count;
}

/** The table by extension, then a paragraph for each row that is not simply passed. */
export function renderText(results: Result[], title: string): string {
  const header = ['', 'rows', ...Object.values(COLUMNS)];
  const groups = EXTENSIONS.map((extension) => {
    return {
      name: extension as string,
      of: results.filter(({ row }) => row.extension === extension),
    };
  }).filter(({ of }) => of.length > 0);
  const lines = [...groups, { name: 'all', of: results }].map(({ name, of }) => {
    const count = tally(of);
    return [name, of.length, ...KINDS.map((kind) => count[kind] || '·')].map(String);
  });
  return [
    title,
    '',
    ...table([header, ...lines]),
    ...section('Failed', results, 'fail'),
    ...section('Untestable here', results, 'untestable'),
    '',
  ].join('\n');
}

/** The same for programs; of the server only these two, since its headers may hold a password. */
export function renderJson(
  results: Result[],
  { name, url }: { name: string; url: string },
): string {
  const rows = results.map(({ row, outcome: { kind, ...detail } }) => {
    const { id, extension, level, requirement } = row;
    return { id, extension, level, requirement, outcome: kind, ...detail };
  });
  return JSON.stringify({ server: { name, url }, totals: tally(results), rows }, null, 2);
}

function section(heading: string, results: Result[], kind: 'fail' | 'untestable'): string[] {
  const lines = results.flatMap(({ row, outcome }) => {
    if (outcome.kind !== kind || !('why' in outcome)) return [];
    return [
      `${row.id.padEnd(5)} ${row.level.padEnd(10)} ${row.requirement}`,
      `      ${outcome.why}`,
    ];
  });
  return lines.length === 0 ? [] : ['', heading, ...lines];
}

/** The first column to the left, the numbers to the right. */
function table(cells: string[][]): string[] {
  const widths = (cells[0] ?? []).map((_, column) => {
    return Math.max(...cells.map((line) => line[column]?.length ?? 0));
  });
  return cells.map((line) => {
    const padded = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return padded.join('  ').trimEnd();
  });
}
