import type { Config } from '../../config/config.ts';
import { Fault } from '../../fault.ts';

/** A command that works with the files of a directory, and what to do where uploads are in a bucket. */
export interface NeedsFiles {
  readonly command: string;
  readonly instead: string;
}

/** Throws CONFIG for such a command where uploads are in a bucket. */
export function assertLocal(
  { storage }: Pick<Config, 'storage'>,
  { command, instead }: NeedsFiles,
): void {
  if (storage.type === 'local') return;
  throw new Fault(
    'CONFIG',
    `tusd-ts ${command} works with the files of a directory, and these uploads are in the bucket ${storage.bucket}`,
    { hint: instead },
  );
}
