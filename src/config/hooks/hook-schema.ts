import * as z from 'zod';
import { DAY } from '../../text/span.ts';
import { keptText } from '../values/kept-schema.ts';
import type { Reading } from '../values/reading.ts';
import { via } from '../values/reading.ts';
import { readHookUrl } from '../values/url.ts';
import { duration, listOf, readPath, readPlain, text, word } from '../values/value-schemas.ts';
import { readHeader, readHeaderName, readHeaders } from './hook-headers.ts';
import { readHookSecret } from './hook-secret.ts';

/** The events that a hook can subscribe to; "pre-" events wait for its answer. */
export const HOOK_EVENTS = [
  'pre-access',
  'pre-create',
  'pre-finish',
  'post-create',
  'post-receive',
  'post-finish',
  'post-deliver',
  'post-download',
  'pre-terminate',
  'post-terminate',
  'post-expire',
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

const common = {
  name: text('a name of a-z, 0-9 and -', (input) =>
    /^[a-z0-9-]{1,64}$/.test(input)
      ? { value: input }
      : { problem: 'it must be a name of up to 64 characters from a-z, 0-9 and -' },
  )
    .meta({ pattern: '^[a-z0-9-]{1,64}$' })
    .meta({ description: 'What `hooks list` and the log call this hook; each name once.' }),
  events: z
    .array(word(HOOK_EVENTS), 'it must be a list of events')
    .min(1, `it must name at least one event (${HOOK_EVENTS.join(', ')})`)
    .transform((events) => [...new Set(events)])
    .meta({ description: 'What it is called for. Events that begin with "pre-" wait for it.' }),
  timeout: duration(1).prefault('30s').meta({ description: 'How long one attempt may take.' }),
  onError: word(['reject', 'allow'])
    .prefault('reject')
    .meta({ description: 'What a "pre-" event does when this hook fails or takes too long.' }),
  maxAge: duration(1, 365 * DAY)
    .prefault('1d')
    .meta({ description: 'How long a "post-" delivery is retried before it counts as dead.' }),
};

const httpHook = z.strictObject({
  type: z.literal('http').meta({ description: 'POST the event as JSON to a URL.' }),
  ...common,
  url: text('an http or https URL in quotes', readHookUrl).meta({
    description: 'The receiver. Redirects are not followed.',
    format: 'uri',
  }),
  secrets: z
    .array(
      keptText('a secret', '^(whsec_)?[A-Za-z0-9+/]+={0,2}$', readHookSecret),
      'it must be a list of secrets',
    )
    .prefault([])
    .meta({
      description:
        'Signing secrets (Standard Webhooks, "whsec_…"); every one signs, so that a secret can be replaced without a gap. None: not signed.',
    }),
  headers: z
    .record(
      z.string(),
      keptText('text', '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$', readHeader),
      'it must be an object of header names and texts',
    )
    .transform(via(readHeaders))
    .prefault({})
    .meta({ description: 'Request headers of your own, such as Authorization.' }),
  forwardHeaders: listOf('the name of a header', readHeaderName)
    .transform((names) => [...new Set(names)])
    .prefault([])
    .meta({ description: "Headers of the client's request that are sent on to the receiver." }),
});

const commandHook = z.strictObject({
  type: z.literal('command').meta({ description: 'Run a program with the event on its stdin.' }),
  ...common,
  command: text('the path of a program', readPath).meta({
    description:
      'The program. No shell is involved. A path with a slash is relative to the configuration file; a bare name is looked for in PATH.',
    minLength: 1,
  }),
  args: listOf('text', readPlain)
    .prefault([])
    .meta({ description: 'Its arguments, one by one. They are no place for secrets.' }),
});

const hook = z.discriminatedUnion('type', [httpHook, commandHook], {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? 'it must be "http" or "command"'
      : 'it must be an object with a "type" of "http" or "command"',
});

/** A parsed hook whose secrets have not been loaded yet. */
export type ParsedHook = z.output<typeof hook>;

/** A hook as the program uses it: with time spans in milliseconds. */
type InUse<H extends { timeout: number; maxAge: number }> = {
  readonly [N in Exclude<keyof H, 'timeout' | 'maxAge'>]: H[N] extends readonly (infer Item)[]
    ? readonly Item[]
    : H[N];
} & { readonly timeoutMs: number; readonly maxAgeMs: number };

/** A program that is run; `command` is an absolute path, or a bare name to look for in PATH. */
export type CommandHook = InUse<Extract<ParsedHook, { type: 'command' }>>;

/** A receiver of POST requests. Header names are in lower case. */
export type HttpHook = Omit<InUse<Extract<ParsedHook, { type: 'http' }>>, 'secrets' | 'headers'> & {
  /** Secrets of the form "whsec_…"; each one signs. Empty: no signature. */
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
};

export type Hook = HttpHook | CommandHook;

/** The list of hooks; names are unique. */
export const hookList = z.array(hook, 'it must be a list of hooks').transform(via(withUniqueNames));

function withUniqueNames(hooks: ParsedHook[]): Reading<ParsedHook[]> {
  const names = hooks.map((item) => item.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return { value: hooks };
  return { problem: `two hooks are called "${twice}"; every hook needs a name of its own` };
}

/** The keys that a hook of this type may have, for suggestions. */
export function hookKeys(type: unknown): string[] {
  const schemas = type === 'http' ? [httpHook] : type === 'command' ? [commandHook] : [];
  return (schemas.length > 0 ? schemas : [httpHook, commandHook]).flatMap((schema) =>
    Object.keys(schema.shape),
  );
}
