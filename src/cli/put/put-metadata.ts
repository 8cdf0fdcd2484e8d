import { parseDuration } from '../../config/values/duration.ts';
import { Fault } from '../../fault.ts';
import { SECOND } from '../../text/span.ts';

/** A key of tus: printable ASCII without space and comma. */
const KEY = /^[\x21-\x2b\x2d-\x7e]+$/;

/** `--metadata key=value …`. Throws USAGE. */
export function readMetadata(pairs: readonly string[]): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (!KEY.test(key)) {
      throw new Fault('USAGE', '--metadata must be "key=value"; a key has no space and no comma');
    }
    if (key === '__proto__') throw new Fault('USAGE', '--metadata cannot have the key __proto__');
    metadata[key] = equals < 0 ? '' : pair.slice(equals + 1);
  }
  return metadata;
}

/**
 * `--expires 7d` or a time, as the metadata that asks the server for it: seconds from the creation on,
 * which do not depend on the clock of this machine, or ISO 8601. Throws USAGE.
 */
export function readExpires(text: string | undefined, now: number): Record<string, string> {
  if (text === undefined) return {};
  const isTime = /^\d{4}-\d\d-\d\d/.test(text);
  const time = isTime ? Date.parse(text) : now + Math.ceil(parseDuration(text) / SECOND) * SECOND;
  if (Number.isNaN(time) || time <= now) {
    throw new Fault('USAGE', '--expires must be a duration such as 7d, or a time to come');
  }
  if (time > MOST) throw new Fault('USAGE', '--expires is too far away');
  return { expires: isTime ? new Date(time).toISOString() : `${(time - now) / SECOND}` };
}

/** The year 9999 ends. */
const MOST = 253_402_300_799_999;
