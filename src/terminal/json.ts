import { escapeAsJson } from '../text/sanitize.ts';

/**
 * JSON that is safe to display: control, bidi and invisible characters are escaped as `\u202e`,
 * which a parser converts back to the original. One line, or indented by `indent` spaces.
 */
export function formatJson(value: unknown, indent = 0): string {
  // In the output of JSON.stringify such characters occur only inside strings; line breaks come
  // only from the indentation.
  const json = JSON.stringify(value, null, indent) ?? 'null';
  return indent === 0 ? escapeAsJson(json) : json.split('\n').map(escapeAsJson).join('\n');
}
