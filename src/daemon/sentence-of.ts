import type { Fault } from '../fault.ts';

/** A failure and what to do about it, for a line of the log. */
export function sentenceOf({ message, hint }: Fault): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
