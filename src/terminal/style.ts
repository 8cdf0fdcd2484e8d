import { Chalk } from 'chalk';

/** Paints a piece of text, or returns it unchanged where colours are off. */
export type Paint = (text: string) => string;

/** What an upload can be called in a table (the statuses of the storage module, by name). */
export type StatusName =
  | 'receiving'
  | 'stalled'
  | 'waiting'
  | 'joining'
  | 'finished'
  | 'expired'
  | 'removed';

/** The colours of this program, by meaning. */
export interface Style {
  readonly ok: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly dim: Paint;
  readonly strong: Paint;
  readonly status: Readonly<Record<StatusName, Paint>>;
}

export interface ColorSource {
  /** Whether the stream that will be written to is a terminal. */
  readonly isTTY: boolean;
  /** The environment; NO_COLOR, FORCE_COLOR and TERM are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Decides whether a stream gets colours. FORCE_COLOR wins over NO_COLOR, as in Node itself; an empty
 * variable counts as not set (no-color.org), since containers often pass variables on empty.
 */
export function wantsColor({ isTTY, env }: ColorSource): boolean {
  const force = env.FORCE_COLOR;
  if (force) return force !== '0' && force.toLowerCase() !== 'false';
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== 'dumb';
}

/**
 * The styles of one stream. Only the sixteen basic colours are used, which every terminal maps to
 * its own theme, so that a light background stays readable.
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
