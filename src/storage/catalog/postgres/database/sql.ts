/**
 * A piece of SQL with the values of its parameters. `sql` makes one: a piece within another becomes part
 * of its text, and every other value a parameter, so no value is ever part of a text.
 */
export class Sql {
  /** What stands between the parameters: one more than there are values. */
  readonly texts: readonly string[];
  readonly values: readonly unknown[];

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.texts = texts;
    this.values = values;
  }

  /** The text with the parameters numbered from $1. */
  get text(): string {
    return this.texts.reduce((before, text, number) => `${before}$${number}${text}`);
  }
}

export function sql(texts: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  const done: string[] = [];
  const values: unknown[] = [];
  let open = texts[0]!;
  for (const [index, part] of parts.entries()) {
    const { texts: inner, values: more } = part instanceof Sql ? part : new Sql(['', ''], [part]);
    values.push(...more);
    for (const text of inner.slice(0, -1)) {
      done.push(open + text);
      open = '';
    }
    open += inner.at(-1)! + texts[index + 1]!;
  }
  return new Sql([...done, open], values);
}

/** SQL that is a constant of this program. */
export function constant(text: string): Sql {
  return new Sql([text], []);
}

export const NOTHING = constant('');

export function joined(pieces: readonly Sql[], between: string): Sql {
  return pieces.reduce(
    (before, piece, index) => (index === 0 ? piece : sql`${before}${constant(between)}${piece}`),
    NOTHING,
  );
}
