import { sanitize } from '../text/sanitize.ts';
import { formatJson } from './json.ts';
import type { Style } from './style.ts';

/** The parts of a failure message; a Fault has them all. */
export interface FaultText {
  readonly code: string;
  /** The sentence, followed by the details on their own lines. */
  readonly message: string;
  /** The sentence without the details; default: the message. */
  readonly title?: string;
  readonly details?: readonly string[];
  readonly hint?: string | undefined;
}

/**
 * Formats a failure for a person: the program's name and the sentence, then each detail and the
 * hint, indented, on their own lines. A line break within the sentence or a detail comes from
 * untrusted input and is escaped. No newline at the end.
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
 * The same for programs, on one line: `{"error":{"code","message","details","hint"}}`. `message` is
 * the sentence without details; `details` may be empty and `hint` null.
 */
export function faultJson({ code, message, title = message, details = [], hint }: FaultText) {
  return formatJson({ error: { code, message: title, details, hint: hint ?? null } });
}

/** Adds a full stop unless the text ends with punctuation, possibly inside quotes. */
function sentence(text: string): string {
  return /[.!?…:]["'`)\]]*$/u.test(text) ? text : `${text}.`;
}
