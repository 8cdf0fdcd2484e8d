import * as z from 'zod';
import type { KeptText } from './kept-text.ts';
import { type Reading, via } from './reading.ts';
import { readPath, text } from './value-schemas.ts';

const SECRET_PLACE = 'in quotes, or the place where it is kept: {"file": path} or {"env": name}';

/** Text, or a reference to the file or variable that holds it. */
export function keptText(what: string, pattern: string, read: (input: string) => Reading<string>) {
  return z
    .union(
      [
        z.string().meta({ pattern }),
        z.strictObject({ file: text('a path', readPath).meta({ minLength: 1 }) }),
        z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
      ],
      `it must be ${what} ${SECRET_PLACE}`,
    )
    .transform(
      via(
        (input): Reading<KeptText> => (typeof input === 'string' ? read(input) : { value: input }),
      ),
    );
}
