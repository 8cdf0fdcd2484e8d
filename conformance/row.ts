/** The groups of the report: the core protocol, its extensions, and what servers are judged on. */
export const EXTENSIONS = [
  'core',
  'creation',
  'creation-with-upload',
  'expiration',
  'checksum',
  'termination',
  'concatenation',
  'beyond the text',
] as const;

export type Extension = (typeof EXTENSIONS)[number];

/** RFC 2119's words; JUDGED is for what the text leaves open and users of servers do not. */
export type Level =
  | 'MUST'
  | 'MUST NOT'
  | 'SHOULD'
  | 'SHOULD NOT'
  | 'SHOULD/MAY'
  | 'MAY/MUST'
  | 'MAY'
  | 'JUDGED';

/** One requirement of tus 1.0.0, or how a server should meet a client that breaks it. */
export interface Row {
  id: string;
  extension: Extension;
  level: Level;
  requirement: string;
  /** Why this row has no check. */
  untestable?: string;
}

/** Rows of one group, from tuples. */
export function rowsOf(
  extension: Extension,
  entries: [id: string, level: Level, requirement: string, untestable?: string][],
): Row[] {
  return entries.map(([id, level, requirement, untestable]) => ({
    id,
    extension,
    level,
    requirement,
    ...(untestable === undefined ? {} : { untestable }),
  }));
}
