import * as z from 'zod';
import type { Keys } from '../key.ts';
import { readFolderOrNull, resolveFolder } from '../keys/upload-dir.ts';
import { via } from '../values/reading.ts';
import { resolveRules, rulesText } from './deliver-rule.ts';
import { ruleList } from './deliver-schema.ts';

const DELIVER = {
  schema: ruleList,
  kind: 'file-only',
  type: 'list of rules',
  allowed: 'a rule or a list of rules; [Delivery](delivery.md#the-keys-of-a-rule) has their keys',
  placeholder: '',
  resolve: resolveRules,
  text: rulesText,
} as const;

const FOLDER_OR_NULL = {
  schema: z
    .string('it must be a path in quotes, or null')
    .meta({ minLength: 1 })
    .nullable()
    .transform(via(readFolderOrNull)),
  kind: 'text',
  type: 'path or null',
  allowed: 'the path of a folder, or null',
  placeholder: '<directory>',
  resolve: resolveFolder,
} as const;

/** The keys about finished files on their way to other programs, a part of the table in keys.ts. */
export const DELIVER_KEYS = {
  deliver: {
    ...DELIVER,
    default: [],
    example: [{ to: '/srv/inbox/{date}/{name}', how: 'move' }],
    inExampleFile: [],
    meaning:
      'Rules that put finished uploads, under their own names, where other programs expect them.',
  },
  storageRoot: {
    ...FOLDER_OR_NULL,
    default: null,
    example: '/srv/projects',
    shownAsUsed: true,
    meaning:
      'Folder within which a pre-create hook may choose the place of the finished file (ChangeFileInfo.Storage.Path); it is moved there. null: hooks may not.',
  },
} as const satisfies Keys;
