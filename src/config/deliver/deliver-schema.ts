import * as z from 'zod';
import { readFileMode, readGroup } from '../keys/file-access.ts';
import type { Reading } from '../values/reading.ts';
import { via } from '../values/reading.ts';
import { text, word, yesOrNo } from '../values/value-schemas.ts';
import { readPathTemplate } from './path-template.ts';

const NAME = /^[a-z0-9-]{1,64}$/;

/** One pattern or several; "*" stands for any text. */
function patterns(what: string) {
  const error = `it must be ${what} or a list of them; "*" stands for any text`;
  return z
    .union([z.string(), z.array(z.string()).min(1)], error)
    .transform((given) => (typeof given === 'string' ? [given] : given));
}

const when = z.strictObject(
  {
    owner: patterns('the name of an owner')
      .optional()
      .meta({ description: 'Owners of the upload.' }),
    type: patterns('a media type such as "image/*"')
      .optional()
      .meta({ description: 'Media types as the client sent them: "image/*", "application/pdf".' }),
    metadata: z
      .record(z.string(), patterns('a text'), 'it must be an object of metadata keys and texts')
      .optional()
      .meta({ description: 'Keys of the metadata and their values; every one must match.' }),
  },
  'it must be an object with "owner", "type" or "metadata"',
);

const rule = z.strictObject(
  {
    name: text('a name of a-z, 0-9 and -', (input) =>
      NAME.test(input)
        ? { value: input }
        : { problem: 'it must be a name of up to 64 characters from a-z, 0-9 and -' },
    )
      .meta({ pattern: NAME.source })
      .optional()
      .meta({
        description:
          'What `deliver list` and the log call this rule. A single rule is called "deliver"; of several each needs a name. Files on their way belong to the name, so keep it.',
      }),
    when: when.optional().meta({ description: 'Which uploads; without it, all of them.' }),
    to: text('a path with placeholders, such as "/srv/inbox/{name}"', readPathTemplate).meta({
      minLength: 1,
      description:
        'Where a file goes, under which name. The part before the first placeholder is a folder that no file leaves. Placeholders: {name}, {relativePath}, {id}, {date}, {owner}, {metadata.key}. A relative path counts from the configuration file.',
    }),
    how: word(['move', 'link', 'reflink', 'copy']).prefault('move').meta({
      description:
        'move: the upload directory gives the file away. link: a second name of the same bytes. reflink: a copy that shares its blocks. copy. Where the file system cannot do it, the bytes are copied.',
    }),
    onConflict: word(['number', 'replace', 'keep', 'refuse']).prefault('number').meta({
      description:
        'What to do when the name is taken. number: "a (2).txt". replace the file that is there. keep it, and do not deliver. refuse: try again until the name is free.',
    }),
    mode: text('an octal mode in quotes, such as "0640"', readFileMode).optional().meta({
      description:
        'Permissions of delivered files; folders that are made get the matching ones. Without it, as fileMode and directoryMode say.',
    }),
    group: z
      .union([z.string(), z.int().meta({ minimum: 0 })], 'it must be the name or id of a group')
      .transform(via((input): Reading<string> => readGroup(input) as Reading<string>))
      .optional()
      .meta({ description: 'Group of delivered files and of folders that are made.' }),
    sidecar: word(['none', 'json']).prefault('none').meta({
      description:
        'json: "a.txt.json" with what is known of the upload appears just before "a.txt".',
    }),
    keepTime: yesOrNo().prefault(false).meta({
      description:
        'Give the file the modification time that the client sent (metadata "lastModified" or "mtime").',
    }),
    wait: yesOrNo().prefault(false).meta({
      description:
        'The client gets its last answer when the file has been delivered, or when the first attempt failed.',
    }),
  },
  'it must be an object with a "to"',
);

/** A parsed rule whose paths and group have not been resolved yet. */
export type ParsedRule = z.output<typeof rule>;

/** A list of rules; a single rule may stand without a list. */
export const ruleList = z.preprocess(
  (given) =>
    typeof given === 'object' && given !== null && !Array.isArray(given) ? [given] : given,
  z.array(rule, 'it must be a list of rules').transform(via(withNames)),
);

function withNames(rules: ParsedRule[]): Reading<(ParsedRule & { name: string })[]> {
  const named = rules.map((one) => ({ ...one, name: one.name ?? 'deliver' }));
  if (rules.length > 1 && rules.some(({ name }) => name === undefined)) {
    return { problem: 'of several rules each needs a "name"' };
  }
  const names = named.map(({ name }) => name);
  if (names.includes('storage-root')) {
    return { problem: '"storage-root" is the name of what storageRoot does; choose another' };
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return { value: named };
  return { problem: `two rules are called "${twice}"; every rule needs a name of its own` };
}

/** The keys of a rule, for suggestions. */
export function ruleKeys(): string[] {
  return Object.keys(rule.shape);
}
