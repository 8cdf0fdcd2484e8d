import { errnoOf, Fault, messageOf } from '../../../../fault.ts';

/**
 * What an error of a statement says about it. undone: it changed nothing, and may succeed when it is
 * tried again. unknown: the connection broke before the answer, so it may have been done. Anything else
 * is final.
 */
export type Aftermath = 'undone' | 'unknown' | 'final';

/** The five characters that PostgreSQL gives an error, or undefined for an error of the connection. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = errnoOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined;
}

/** serialization_failure, deadlock_detected, lock_not_available */
const CONFLICTS = /^(?:40001|40P01|55P03)$/;
/** The server starts, stops, or has no connection left: class 08, 57P03 and 53300. */
const NOT_NOW = /^(?:08|57P03|53300)/;
/** The server ended the session: it may have committed before. */
const CUT = /^(?:57P01|57P02|57P05)/;

/** `connected`: the statement was sent on an open connection. */
export function aftermathOf(error: unknown, connected: boolean): Aftermath {
  if (error instanceof Fault) return 'final';
  const state = sqlStateOf(error);
  if (state === undefined) {
    if (!isOfConnection(error)) return 'final';
    return connected ? 'unknown' : 'undone';
  }
  if (CONFLICTS.test(state)) return 'undone';
  if (CUT.test(state) || (connected && state.startsWith('08'))) return 'unknown';
  return NOT_NOW.test(state) ? 'undone' : 'final';
}

/**
 * Whether a connection can be used after this error. One to a server that became a standby cannot: a new one
 * may lead to the primary.
 */
export function isUsableAfter(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && !/^(?:08|57P|25006)/.test(state);
}

/** `pg` has no code for these. */
const BROKEN =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|timeout expired|query read timeout|connection error|SSL connection|not queryable|client was closed/i;

/** true for an error of the network or of TLS, and for a timeout of ours. */
export function isOfConnection(error: unknown): boolean {
  if (!(error instanceof Error) || sqlStateOf(error) !== undefined) return false;
  const code = errnoOf(error);
  return (
    BROKEN.test(error.message) ||
    (code !== undefined && /^(?:E[A-Z0-9_]+|[A-Z_]*CERT[A-Z_]*)$/.test(code))
  );
}

const BUSY = { publicMessage: 'the server is busy; try again in a moment', retryAfter: 2 } as const;
const INSIDE = { publicMessage: 'the server could not do this' } as const;

/** Faults by the beginning of the state, the first that fits: a code, a sentence and what to do. */
const SENTENCES: readonly (readonly [string, Fault['code'], string, object])[] = [
  ['23505', 'CONFLICT', 'an upload of this id is there already', {}],
  [
    '42501',
    'PERMISSION',
    'lets this user do too little',
    { hint: 'docs/scale-out.md lists the rights that it needs.', ...INSIDE },
  ],
  [
    '28',
    'PERMISSION',
    'refuses this user',
    { hint: 'Check the user, the password and pg_hba.conf.', ...INSIDE },
  ],
  [
    '3D000',
    'IO',
    'has no such database',
    { hint: 'Create it: CREATE DATABASE tusd OWNER tusd', ...INSIDE },
  ],
  [
    '42P01',
    'CATALOG_CORRUPT',
    'lacks a table of tusd-ts',
    { hint: 'Is it the right database and schema? Otherwise restore it from a backup.', ...INSIDE },
  ],
  [
    'XX00',
    'CATALOG_CORRUPT',
    'has damaged data',
    { hint: 'Restore the database from a backup.', ...INSIDE },
  ],
  [
    '53100',
    'NO_SPACE',
    'has no space left on its disk',
    { publicMessage: 'no room is left on the disk' },
  ],
  [
    '25006',
    'UNAVAILABLE',
    'takes no changes: is it a standby?',
    { hint: 'Give the address of the primary.', ...BUSY },
  ],
  ['57014', 'UNAVAILABLE', 'took too long', BUSY],
  [
    '53300',
    'UNAVAILABLE',
    'has no connection left',
    { hint: 'Raise max_connections, or lower database.poolSize of each daemon.', ...BUSY },
  ],
  ['53', 'UNAVAILABLE', 'has too little memory', BUSY],
  ['55P03', 'UNAVAILABLE', 'is busy with the same rows', BUSY],
  ['40', 'UNAVAILABLE', 'is busy with the same rows', BUSY],
  ['57', 'UNAVAILABLE', 'is starting or stopping', BUSY],
  ['08', 'UNAVAILABLE', 'cannot be reached', BUSY],
];

/**
 * Turns errors of PostgreSQL and of its connection into Faults; any other error passes unchanged. `where`
 * names the server without user and password.
 */
export function postgresFault(error: unknown, where: string): unknown {
  if (error instanceof Fault) return error;
  const state = sqlStateOf(error);
  if (state !== undefined) {
    const [, code, what, options] = SENTENCES.find(([begins]) => state.startsWith(begins)) ?? [
      '',
      'IO' as const,
      `failed (${messageOf(error)})`,
      INSIDE,
    ];
    const sentence = code === 'CONFLICT' ? what : `the database at ${where} ${what} (${state})`;
    return new Fault(code, sentence, { ...options, cause: error });
  }
  if (!isOfConnection(error)) return error;
  return new Fault(
    'UNAVAILABLE',
    `the database at ${where} cannot be reached: ${reasonOf(error)}`,
    {
      hint: 'Is PostgreSQL running, and does the network let this machine through?',
      ...BUSY,
      cause: error,
    },
  );
}

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (/timeout exceeded when trying to connect/.test(message))
    return 'no connection became free in time';
  // AggregateError of several addresses has no message.
  return message || errnoOf(error) || 'no answer';
}
