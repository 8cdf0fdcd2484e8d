import * as z from 'zod';
import { countType, daysType, limitType } from '../keys/value-types.ts';
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
    maxOpenUploads: countType()
      .schema.prefault('unlimited')
      .meta({ description: 'Its uploads that are unfinished at the same time.' }),
    maxCreationsPerMinute: countType()
      .schema.prefault('unlimited')
      .meta({ description: 'Uploads that it may create in a minute.' }),
    maxBytesPerDay: limitType()
      .schema.prefault('unlimited')
      .meta({ description: 'Bytes that it may send in a day of UTC.' }),
    maxTotalSize: limitType()
      .schema.prefault('unlimited')
      .meta({ description: 'Bytes of all its uploads together; one that does not fit gets 507.' }),
    maxBandwidth: limitType()
      .schema.prefault('unlimited')
      .meta({ description: 'Bytes per second of all its uploads and downloads together.' }),
    maxLifetimeDays: daysType()
      .schema.prefault('never')
      .meta({ description: 'Days after which its uploads are removed, finished or not.' }),
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
