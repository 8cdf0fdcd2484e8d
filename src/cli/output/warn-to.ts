import { sanitize } from '../../text/sanitize.ts';
import type { Host } from '../process/io.ts';

/** Prints warnings of the store on standard error; one that cannot be written is dropped. */
export function warnTo({ stderr }: Pick<Host, 'stderr'>): (message: string) => void {
  return (message) => void stderr.write(`tusd-ts: ${sanitize(message)}\n`).catch(() => {});
}
