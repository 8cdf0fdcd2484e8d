export interface HelpText {
  /** A command line, and its purpose. */
  readonly examples: readonly (readonly [string, string])[];
  /** Exit codes in addition to the common ones, or with another meaning. */
  readonly exits?: readonly (readonly [number, string])[];
  /** Additional paragraphs. */
  readonly notes?: readonly string[];
}

const EXITS: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [64, 'the command line is wrong'],
  [74, 'the disk or the catalog failed, or there is no catalog'],
  [77, 'not permitted'],
  [78, 'the configuration is wrong'],
];

/** The text after the options in a command's --help. */
export function helpText({ examples, exits = [], notes = [] }: HelpText): string {
  const own = new Set(exits.map(([code]) => code));
  const common = EXITS.filter(([code]) => !own.has(code));
  const codes = [...common, ...exits].sort(([left], [right]) => left - right);
  return [
    ...notes.flatMap((note) => ['', note]),
    '',
    'Examples:',
    ...aligned(examples),
    '',
    'Exit codes:',
    ...aligned(codes.map(([code, meaning]) => [String(code), meaning])),
  ].join('\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
