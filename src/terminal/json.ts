/** What JSON.stringify leaves as it is and a terminal would obey, hide or reorder. */
const UNSAFE = /(?!\n)[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const PLAIN = /^[\x20-\x7e\n]*$/;

/**
 * JSON that is safe to look at: control, bidi and invisible characters are written as `\u202e`, which
 * a parser turns back into exactly what the client sent. One line, or indented by `indent` spaces.
 */
export function formatJson(value: unknown, indent = 0): string {
  // In what JSON.stringify returns, such a character can only stand inside of a string.
  const json = JSON.stringify(value, null, indent) ?? 'null';
  if (PLAIN.test(json)) return json;
  return json.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, unit) => escapeUnit(character, unit)).join(''),
  );
}

function escapeUnit(character: string, unit: number): string {
  return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
}
