import { FIGURE_NAMES, FIGURES, type FigureName, formatFigure, type Sample } from './figures.ts';
import type { Machine } from './machine.ts';

/** What `--json` prints. */
export interface Report {
  readonly machine: Machine;
  readonly command: string;
  readonly works: readonly WorkReport[];
}

export interface WorkReport {
  readonly work: string;
  /** What was done, with its sizes. */
  readonly title: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

export interface Row {
  readonly subject: string;
  /** Rounds that count. */
  readonly rounds: number;
  readonly figures: Sample;
  /** Each of the rounds, for those who want to see more than the middle. */
  readonly samples?: readonly Sample[];
  /** Why there are no (more) figures. */
  readonly error?: string;
}

/** Stands above the tables: a figure means nothing without the machine that it comes from. */
export function renderHead({ machine, command }: Omit<Report, 'works'>): string {
  const { cpus, model, memory, node, system, filesystem } = machine;
  return [
    `Machine: ${cpus} × ${model}, ${memory}; Node ${node}; ${system}; data on ${filesystem}`,
    `Command: ${command}`,
  ].join('\n');
}

/** One work as a Markdown table that is also readable as it is. */
export function renderWork(work: WorkReport): string {
  const columns = FIGURE_NAMES.filter((name) =>
    work.rows.some(({ figures }) => figures[name] !== undefined),
  );
  const notes = [
    ...work.notes,
    ...work.rows.flatMap(({ subject, error }) => (error ? [`${subject}: ${error}`] : [])),
  ];
  return [
    `### ${work.work}: ${work.title}`,
    '',
    ...(columns.length > 0 ? [...renderRows(work.rows, columns), ''] : []),
    ...notes.map((note) => `- ${note}`),
  ]
    .join('\n')
    .trimEnd();
}

function renderRows(rows: readonly Row[], columns: readonly FigureName[]): string[] {
  const cells = [
    ['', ...columns.map((name) => FIGURES[name].label)],
    ...rows.map(({ subject, figures }) => [
      subject,
      ...columns.map((name) => formatFigure(name, figures[name])),
    ]),
  ];
  const widths = ['', ...columns].map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [header = [], ...body] = cells;
  return [line(header), rule, ...body.map(line)];
}
