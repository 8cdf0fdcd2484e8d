import { sanitize } from '../text/sanitize.ts';
import { formatJson } from './json.ts';
import type { Style } from './style.ts';

/** What is told of a failure; a Fault is one. */
export interface FaultText {
  readonly code: string;
  /** The sentence, with the details below it where there are some. */
  readonly message: string;
  /** The sentence alone; without it, the message. */
  readonly title?: string;
  readonly details?: readonly string[];
  readonly hint?: string | undefined;
}

/**
 * A failure for a person: what happened as one sentence behind the program's name, then each detail
 * and what to do, indented, on lines of their own. A line break within the sentence or a detail comes
 * from outside and is escaped. No line break at the end.
 */
export function faultMessage(fault: FaultText, style: Style): string {
  const { message, title = message, details = [], hint } = fault;
  const lines = [`${style.bad('tusd-ts:')} ${sentence(sanitize(title.trim()))}`];
  for (const line of [...details, ...(hint ?? '').split('\n')]) {
    if (line.trim() !== '') lines.push(`  ${sanitize(line.trimEnd())}`);
  }
  return lines.join('\n');
}

/**
 * The same for a program, on one line: `{"error":{"code","message","details","hint"}}`. `message` is
 * the sentence alone, `details` is empty and `hint` null where there is none.
 */
export function faultJson({ code, message, title = message, details = [], hint }: FaultText) {
  return formatJson({ error: { code, message: title, details, hint: hint ?? null } });
}

/** Ends with a full stop, unless it ends with a mark of its own, possibly inside of quotes. */
function sentence(text: string): string {
  return /[.!?…:]["'`)\]]*$/u.test(text) ? text : `${text}.`;
}
