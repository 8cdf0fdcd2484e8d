import { type Call, descriptorPath, strings } from './trace.ts';

/** What an answer says: an offset, and the id when the answer names one. */
export interface TusAnswer {
  readonly status: number;
  /** null when the answer tells none. */
  readonly offset: number | null;
  /** null when the answer has no Location. */
  readonly id: string | null;
}

/** The answer whose first byte a call hands to a socket; undefined for any other call. */
export function answerIn(call: Call): TusAnswer | undefined {
  if (!/^(write|writev|sendto|sendmsg)$/.test(call.name)) return undefined;
  if (!descriptorPath(call).startsWith('socket:')) return undefined;
  const text = Buffer.concat(strings(call)).toString('latin1');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? Number.NaN);
  if (!(status >= 200)) return undefined;
  const offset = /^Upload-Offset: (\d+)\r$/im.exec(text)?.[1];
  const location = /^Location: \S*?([^/\s]+)\r$/im.exec(text)?.[1];
  return { status, offset: offset === undefined ? null : Number(offset), id: location ?? null };
}
