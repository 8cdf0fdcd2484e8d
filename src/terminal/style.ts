import { Chalk } from 'chalk';

/** Colours a text, or returns it unchanged if colours are off. */
export type Paint = (text: string) => string;

/** The status names in a table (the same as in the storage module). */
export type StatusName =
  | 'receiving'
  | 'stalled'
  | 'waiting'
  | 'joining'
  | 'finished'
  | 'expired'
  | 'removed';

/** The program's colours, by meaning. */
export interface Style {
  readonly ok: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly dim: Paint;
  readonly strong: Paint;
  readonly status: Readonly<Record<StatusName, Paint>>;
}

export interface ColorSource {
  /** Whether the output stream is a terminal. */
  readonly isTTY: boolean;
  /** The environment; NO_COLOR, FORCE_COLOR and TERM are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether a stream gets colours. FORCE_COLOR overrides NO_COLOR, as in Node; an empty variable
 * counts as unset (no-color.org), since containers often pass on empty variables.
 */
export function wantsColor({ isTTY, env }: ColorSource): boolean {
  const force = env.FORCE_COLOR;
  if (force) return force !== '0' && force.toLowerCase() !== 'false';
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== 'dumb';
}

/**
 * The styles of a stream. Uses only the sixteen basic colours, which terminals map to their theme,
 * so that text stays readable on a light background.
 */
export function createStyle({ color }: { readonly color: boolean }): Style {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    ok: (text) => chalk.green(text),
    warn: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    dim: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    status: {
      receiving: (text) => chalk.cyan(text),
      stalled: (text) => chalk.yellow(text),
      waiting: (text) => chalk.blue(text),
      joining: (text) => chalk.cyan(text),
      finished: (text) => chalk.green(text),
      expired: (text) => chalk.red(text),
      removed: (text) => chalk.dim(text),
    },
  };
}
