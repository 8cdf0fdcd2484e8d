import * as z from 'zod';
import { limitType } from '../value-types.ts';
import type { Reading } from '../values/reading.ts';
import { listOf, word } from '../values/value-schemas.ts';

/** What a principal may do. Without read-any its grants concern its own uploads. */
export const GRANTS = ['create', 'append', 'read', 'read-any', 'terminate'] as const;

export type Grant = (typeof GRANTS)[number];

/** The grants of a principal without rules of its own. */
const USUAL: readonly Grant[] = ['create', 'append', 'read', 'terminate'];

function readPattern(input: string): Reading<string> {
  if (input === '' || input.length > 200) {
    return { problem: 'it must be a pattern of up to 200 characters, such as "image/*"' };
  }
  return { value: input };
}

function rulesShape(grants: readonly Grant[]) {
  return {
    grants: z
      .array(word(GRANTS), 'it must be a list of grants')
      .transform((list) => [...new Set(list)])
      .prefault([...grants])
      .meta({ description: 'What it may do, with its own uploads unless the grant says "any".' }),
    maxSize: limitType()
      .schema.prefault('unlimited')
      .meta({ description: 'The largest upload that it may create; `maxSize` holds as well.' }),
    types: listOf('a media type such as "image/*"', readPattern).prefault([]).meta({
      description:
        'Media types (metadata `filetype`) that it may upload; `*` stands for any text. Empty: all.',
    }),
    names: listOf('a pattern such as "*.jpg"', readPattern).prefault([]).meta({
      description:
        'File names (metadata `filename`) that it may upload, in any case; `*` stands for any text. Empty: all.',
    }),
  };
}

/** The rules of a principal with credentials. */
export const principalRules = z.strictObject(rulesShape(USUAL));

/** The rules of clients without credentials: nothing, unless it is granted. */
export const anonymousRules = z.strictObject(rulesShape([]));

export type Rules = Readonly<z.output<typeof principalRules>>;
