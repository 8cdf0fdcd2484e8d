import type { Keys } from '../key.ts';
import { DIRECTORY_MODE, FILE_MODE, GROUP } from './special-types.ts';

/** The keys about permissions of files, a part of the table in keys.ts. */
export const PERMISSION_KEYS = {
  fileMode: {
    ...FILE_MODE,
    default: '0600',
    example: '0640',
    meaning:
      'Permissions of data files, in octal. The catalog and its files get the same, but never any for others.',
  },
  directoryMode: {
    ...DIRECTORY_MODE,
    default: '0700',
    example: '0750',
    meaning:
      'Permissions of directories that the daemon makes, in octal. An upload directory that exists is never narrowed.',
  },
  fileGroup: {
    ...GROUP,
    default: null,
    example: 'www-data',
    meaning:
      'Group of all files and directories, by name or id. With fileMode "0640" and directoryMode "0750" its members may read them, with "0660" and "0770" also clean up. null leaves the group to the system.',
  },
} as const satisfies Keys;
