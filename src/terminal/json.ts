import { escapeAsJson } from '../text/sanitize.ts';

/**
 * JSON that is safe to look at: control, bidi and invisible characters are written as `\u202e`, which
 * a parser turns back into exactly what the client sent. One line, or indented by `indent` spaces.
 */
export function formatJson(value: unknown, indent = 0): string {
  // In what JSON.stringify returns, such a character can only stand inside of a string; line breaks
  // are those of the indentation.
  const json = JSON.stringify(value, null, indent) ?? 'null';
  return indent === 0 ? escapeAsJson(json) : json.split('\n').map(escapeAsJson).join('\n');
}
