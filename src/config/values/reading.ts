import * as z from 'zod';

/**
 * The result of parsing a configured value: the value, or the problem as a clause that can follow a
 * colon ("it must be a whole number from 0 to 65535").
 */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** Adapts a reader to a zod transform: its problem becomes the issue's message. */
export function via<I, O>(read: (input: I) => Reading<O>) {
  return (input: I, context: z.RefinementCtx): O => {
    const reading = read(input);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem });
    return z.NEVER;
  };
}
