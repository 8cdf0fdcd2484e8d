/** The first syntax error of a JSON text, or a duplicate key in an object. */
export interface JsonFlaw {
  /** From 0, in UTF-16 code units. */
  readonly offset: number;
  readonly problem: string;
}

const TOKEN =
  /[ \t\n\r]*("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\]:,]|$)/y;

/** What the parser expects next: a value, a key, the colon after it, or what follows a value. */
type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'after';

const EXPECTED: Record<State, string> = {
  value: 'a value is missing here',
  'value-or-end': 'a value or ] is missing here',
  key: 'a key in double quotes is missing here (a comma may not be the last thing in an object)',
  'key-or-end': 'a key in double quotes or } is missing here',
  colon: 'a colon is missing after the key',
  after: 'a comma or the closing bracket is missing here',
};

/**
 * Finds the first flaw of a JSON text (RFC 8259), or null. `JSON.parse` reports the position only
 * in some versions of Node, quotes the text around it (which may be a secret), and silently keeps
 * the last of duplicate keys.
 */
export function findJsonFlaw(text: string): JsonFlaw | null {
  const open: (Set<string> | null)[] = [];
  let state: State = 'value';
  let position = 0;
  for (;;) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    const token = match?.[1];
    if (match === null || token === undefined) return strangeAt(text, position, state);
    const offset = TOKEN.lastIndex - token.length;
    position = TOKEN.lastIndex;
    if (token === '') {
      if (state === 'after' && open.length === 0) return null;
      return { offset, problem: 'the file ends too early' };
    }
    const keys = open.at(-1);
    if (state === 'after' && open.length === 0) {
      return { offset, problem: 'nothing may follow the end of the value' };
    }
    if (token === '}' || token === ']') {
      const fits = token === '}' ? 'key-or-end' : 'value-or-end';
      const matching = open.length > 0 && (token === '}') === keys instanceof Set;
      if (!matching || (state !== 'after' && state !== fits)) {
        return { offset, problem: EXPECTED[state] };
      }
      open.pop();
      state = 'after';
    } else if (token === ',') {
      if (state !== 'after') return { offset, problem: EXPECTED[state] };
      state = keys instanceof Set ? 'key' : 'value';
    } else if (token === ':') {
      if (state !== 'colon') return { offset, problem: EXPECTED[state] };
      state = 'value';
    } else if (state === 'key' || state === 'key-or-end') {
      if (!token.startsWith('"') || !(keys instanceof Set)) {
        return { offset, problem: EXPECTED[state] };
      }
      const key: string = JSON.parse(token);
      if (keys.has(key)) return { offset, problem: 'this key stands twice in the same object' };
      keys.add(key);
      state = 'colon';
    } else if (state === 'value' || state === 'value-or-end') {
      if (token === '{') open.push(new Set());
      if (token === '[') open.push(null);
      state = token === '{' ? 'key-or-end' : token === '[' ? 'value-or-end' : 'after';
    } else {
      return { offset, problem: EXPECTED[state] };
    }
  }
}

function strangeAt(text: string, position: number, state: State): JsonFlaw {
  const blanks = /^[ \t\n\r]*/.exec(text.slice(position))?.[0].length ?? 0;
  const offset = position + blanks;
  const start = text.slice(offset, offset + 2);
  if (start === '//' || start === '/*' || start.startsWith('#')) {
    return { offset, problem: 'JSON has no comments; a .yaml file may have them' };
  }
  if (start.startsWith('"')) {
    return { offset, problem: 'this text in quotes has no end on its line, or a wrong escape' };
  }
  return { offset, problem: EXPECTED[state] };
}

/** The line and the column of an offset, both from 1. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
