import { formatJson } from './json.ts';
import { sanitize } from './sanitize.ts';
import type { Style } from './style.ts';

/** What is told of a failure; a Fault is one. */
export interface FaultText {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * A failure for a person: what happened as one sentence behind the program's name, then what to do,
 * indented, on lines of its own. No line break at the end.
 */
export function faultMessage({ message, hint }: FaultText, style: Style): string {
  const lines = [`${style.bad('tusd-ts:')} ${sentence(sanitize(message.trim()))}`];
  for (const line of (hint ?? '').split('\n')) {
    if (line.trim() !== '') lines.push(`  ${sanitize(line.trimEnd())}`);
  }
  return lines.join('\n');
}

/** The same for a program: `{"error":{"code","message","hint"}}` on one line, hint null when there is none. */
export function faultJson({ code, message, hint }: FaultText): string {
  return formatJson({ error: { code, message, hint: hint ?? null } });
}

/** Ends with a full stop, unless it ends with a mark of its own, possibly inside of quotes. */
function sentence(text: string): string {
  return /[.!?…:]["'`)\]]*$/u.test(text) ? text : `${text}.`;
}
