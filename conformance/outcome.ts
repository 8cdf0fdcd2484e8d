import type { Reply } from './reply.ts';

/** What became of one row: "not offered" is no fault, and "untestable" says nothing either way. */
export type Outcome =
  | { kind: 'pass' }
  | { kind: 'fail'; why: string }
  | { kind: 'not-offered'; what: string }
  | { kind: 'untestable'; why: string };

export const pass: Outcome = { kind: 'pass' };

/** Ends a check from anywhere inside it. */
export class Verdict extends Error {
  override readonly name = 'Verdict';
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.kind === 'fail' || outcome.kind === 'untestable' ? outcome.why : outcome.kind);
    this.outcome = outcome;
  }
}

/** Ends the check: the server is wrong, and this sentence says what was expected and what came. */
export function fail(why: string): never {
  throw new Verdict({ kind: 'fail', why });
}

/** Ends the check: the server does not claim to have this, so it cannot be wrong about it. */
export function notOffered(what: string): never {
  throw new Verdict({ kind: 'not-offered', what });
}

/** Ends the check: from here it cannot be seen. */
export function untestable(why: string): never {
  throw new Verdict({ kind: 'untestable', why });
}

/** Fails with the sentence unless the condition holds. */
export function expect(holds: boolean, sentence: string): asserts holds {
  if (!holds) fail(sentence);
}

/** Fails unless the two are the same. */
export function expectSame(
  got: string | number | undefined,
  expected: string | number | undefined,
  what: string,
): void {
  expect(got === expected, `${what}: expected ${shown(expected)}, got ${shown(got)}`);
}

/** Fails unless the reply has one of these statuses. */
export function expectStatus(reply: Reply, allowed: number[], what: string): void {
  const expected = allowed.join(' or ');
  expect(
    allowed.includes(reply.status),
    `${what}: expected ${expected}, got ${reply.status}${excerpt(reply)}`,
  );
}

/**
 * Fails unless the reply is a 4xx: for what a client must not do where the protocol names no
 * status for the answer.
 */
export function expectRefused(reply: Reply, what: string): void {
  expect(
    reply.status >= 400 && reply.status < 500,
    `${what}: expected it to be refused (4xx), got ${reply.status}${excerpt(reply)}`,
  );
}

/** Fails unless the bytes are the same. */
export function expectBytes(got: Buffer, expected: Buffer, what: string): void {
  if (got.equals(expected)) return;
  if (got.length !== expected.length) {
    fail(`${what}: expected ${expected.length} bytes, got ${got.length}`);
  }
  const at = got.findIndex((byte, index) => byte !== expected[index]);
  fail(`${what}: the ${got.length} bytes differ from those sent, first at ${at}`);
}

function shown(value: string | number | undefined): string {
  if (value === undefined) return 'none';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function excerpt(reply: Reply): string {
  // A server's words go to a terminal: printable ASCII only.
  const text = reply.body
    .toString('latin1')
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim();
  return text === '' ? '' : ` (${text.slice(0, 80)})`;
}
