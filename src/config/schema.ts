import * as z from 'zod';
import { readHost, readProxyAddress } from './address.ts';
import { readBasePath } from './base-path.ts';
import { readSchedule } from './cron-pattern.ts';
import { readDirectoryMode, readFileMode, readGroup } from './file-access.ts';
import { hookList } from './hook-schema.ts';
import { readOrigin, readOrigins } from './origin.ts';
import type { Reading } from './reading.ts';
import { via } from './reading.ts';
import { readRetention } from './retention-period.ts';
import { readSize, SIZE_PATTERN } from './size.ts';
import { readPublicUrl } from './url.ts';
import { duration, listOf, readPath, text, wholeNumber, word, yesOrNo } from './value-schemas.ts';

/** What the command line, the environment and the README need to know about a key. */
export interface KeyNote {
  /** How text from a flag or a variable becomes a value of the file. */
  readonly kind: 'number' | 'text' | 'boolean' | 'list' | 'file-only';
  /** The type as a person reads it. */
  readonly type: string;
  /** What stands for the value in `--help`. */
  readonly placeholder: string;
}

/** The notes of every key, attached to its schema. */
export const keyNotes = z.registry<KeyNote>();

const days = z
  .union(
    [z.number().meta({ exclusiveMinimum: 0, maximum: 36_500 }), z.literal('never')],
    'it must be a number of days above 0, or "never"',
  )
  .transform(via(readRetention));

const reserveInput = z.union(
  [
    z.number().meta({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    z.literal('off'),
    z.string().meta({ pattern: SIZE_PATTERN }),
  ],
  'it must be a number of bytes, a size such as "10GiB", or "off"',
);

const limitInput = z.union(
  [
    z.number().meta({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    z.literal('unlimited'),
    z.string().meta({ pattern: SIZE_PATTERN }),
  ],
  'it must be a number of bytes, a size such as "10GiB", or "unlimited"',
);

function readLimit(input: number | string): Reading<number | null> {
  if (input === 'unlimited') return { value: null };
  const size = readSize(input);
  if ('value' in size && size.value === 0) {
    return { problem: 'it must be above 0; for no limit, write "unlimited"' };
  }
  return size;
}

function readReserve(input: number | string): Reading<number | null> {
  if (input === 'off') return { value: null };
  const size = readSize(input);
  return 'value' in size && size.value === 0 ? { value: null } : size;
}

const directInput = z.union(
  [
    z.number().meta({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    z.literal('never'),
    z.string().meta({ pattern: SIZE_PATTERN }),
  ],
  'it must be a number of bytes, a size such as "128KiB", or "never"',
);

function readDirect(input: number | string): Reading<number | null> {
  if (input === 'never') return { value: null };
  const size = readSize(input);
  if ('value' in size && size.value === 0) {
    return { problem: 'it must be above 0; for none at all, write "never"' };
  }
  return size;
}

const NUMBER = { kind: 'number', type: 'integer', placeholder: '<number>' } as const;
const DURATION = { kind: 'text', type: 'duration', placeholder: '<duration>' } as const;
const DAYS = { kind: 'number', type: 'days or "never"', placeholder: '<days>' } as const;
const FLAG = { kind: 'boolean', type: 'boolean', placeholder: '' } as const;

function readUrlOrNull(input: string | null): Reading<string | null> {
  return input === null ? { value: null } : readPublicUrl(input);
}

/**
 * The configuration file. Each key is documented here and nowhere else: the README's table, the
 * published JSON Schema, the flags and the variables are made from this.
 */
export const configFile = z
  .strictObject({
    $schema: z
      .string()
      .optional()
      .meta({ description: 'Where an editor finds the JSON Schema of this file. Ignored.' }),
    port: wholeNumber(0, 65_535)
      .prefault(1080)
      .meta({
        description: 'TCP port to listen on; 0 takes a free one and the ready line tells it.',
      })
      .register(keyNotes, { ...NUMBER, placeholder: '<port>' }),
    host: text('an IP address or a host name in quotes', readHost)
      .prefault('127.0.0.1')
      .meta({ description: 'Address to listen on; "0.0.0.0" or "::" listens on all of them.' })
      .register(keyNotes, { kind: 'text', type: 'address', placeholder: '<address>' }),
    uploadDir: text('a path in quotes', readPath)
      .prefault('./uploads')
      .meta({
        description:
          "Directory of the uploads and their catalog; made if missing. A relative path counts from the configuration file's folder, elsewhere from the working directory.",
      })
      .register(keyNotes, { kind: 'text', type: 'path', placeholder: '<directory>' }),
    basePath: text('a path in quotes', readBasePath)
      .prefault('/uploads/files/')
      .meta({ description: 'URL path under which uploads are created and found.' })
      .register(keyNotes, { kind: 'text', type: 'URL path', placeholder: '<path>' }),
    corsOrigins: listOf('an origin such as "https://app.example.org"', readOrigin)
      .transform(via(readOrigins))
      .prefault(['*'])
      .meta({
        description:
          'Origins whose pages may upload from a browser: exact origins, "*" alone for any, an empty list for none.',
      })
      .register(keyNotes, { kind: 'list', type: 'list of origins', placeholder: '<origin>' }),
    retentionDays: days
      .prefault(1)
      .meta({
        description:
          'Days after its last activity until an unfinished upload is removed; fractions are allowed, "never" keeps it.',
      })
      .register(keyNotes, DAYS),
    completedRetentionDays: days
      .prefault('never')
      .meta({
        description: 'Days after which a finished upload is removed; "never" keeps it for ever.',
      })
      .register(keyNotes, DAYS),
    cleanupSchedule: text('a cron pattern in quotes', readSchedule)
      .prefault('0 * * * *')
      .meta({
        description:
          'When the cleanup runs: a cron pattern of 5 fields, or 6 with seconds first; "never" leaves it to `tusd-ts cleanup`.',
      })
      .register(keyNotes, { kind: 'text', type: 'cron pattern', placeholder: '<pattern>' }),
    maxSize: limitInput
      .transform(via(readLimit))
      .prefault('unlimited')
      .meta({ description: 'Largest upload that is accepted, or "unlimited".' })
      .register(keyNotes, { kind: 'text', type: 'size', placeholder: '<size>' }),
    minFreeSpace: reserveInput
      .transform(via(readReserve))
      .prefault('256MiB')
      .meta({
        description:
          'Space that new uploads leave free on the disk; one that cannot fit gets 507. "off" or 0 does not look at the free space, for file systems that report none.',
      })
      .register(keyNotes, { kind: 'text', type: 'size', placeholder: '<size>' }),
    fileMode: text('an octal mode in quotes, such as "0640"', readFileMode)
      .prefault('0600')
      .meta({
        description:
          'Permissions of data files, in octal. The catalog and its files get the same, but never any for others.',
      })
      .register(keyNotes, { kind: 'text', type: 'octal mode', placeholder: '<mode>' }),
    directoryMode: text('an octal mode in quotes, such as "0750"', readDirectoryMode)
      .prefault('0700')
      .meta({
        description:
          'Permissions of directories that the daemon makes, in octal. An upload directory that exists is never narrowed.',
      })
      .register(keyNotes, { kind: 'text', type: 'octal mode', placeholder: '<mode>' }),
    fileGroup: z
      .union(
        [z.string(), z.int().meta({ minimum: 0 })],
        'it must be the name or id of a group, or null',
      )
      .nullable()
      .transform(via(readGroup))
      .prefault(null)
      .meta({
        description:
          'Group of all files and directories, by name or id. With fileMode "0640" and directoryMode "0750" its members may read them, with "0660" and "0770" also clean up. null leaves the group to the system.',
      })
      .register(keyNotes, { kind: 'text', type: 'group or null', placeholder: '<group>' }),
    publicUrl: z
      .string('it must be an http or https URL in quotes, or null')
      .meta({ format: 'uri' })
      .nullable()
      .transform(via(readUrlOrNull))
      .prefault(null)
      .meta({
        description:
          'URL of the base path as clients see it, for absolute Location headers. Without it (null) they are relative, which is right behind most proxies.',
      })
      .register(keyNotes, { kind: 'text', type: 'URL or null', placeholder: '<url>' }),
    trustedProxies: listOf('an IP address or a network in CIDR notation', readProxyAddress)
      .prefault([])
      .meta({
        description:
          'Proxies whose X-Forwarded-* headers (or, without any of these, Forwarded) count: addresses or networks.',
      })
      .register(keyNotes, { kind: 'list', type: 'list of addresses', placeholder: '<address>' }),
    logFormat: word(['text', 'json'])
      .prefault('text')
      .meta({ description: 'How log lines are written: for people, or one JSON object per line.' })
      .register(keyNotes, { kind: 'text', type: '"text" or "json"', placeholder: '<format>' }),
    logLevel: word(['debug', 'info', 'warn', 'error'])
      .prefault('info')
      .meta({
        description:
          'What is logged: "debug" adds preflight requests that succeed, "warn" leaves out requests that were answered, "error" tells of failures alone.',
      })
      .register(keyNotes, {
        kind: 'text',
        type: '"debug", "info", "warn" or "error"',
        placeholder: '<level>',
      }),
    fsync: word(['completed', 'always', 'never'])
      .prefault('completed')
      .meta({
        description:
          'When bytes are forced to the disk before the answer: as an upload finishes, after every request, or never (fastest; a power cut may lose what was acknowledged).',
      })
      .register(keyNotes, {
        kind: 'text',
        type: '"completed", "always" or "never"',
        placeholder: '<when>',
      }),
    idleTimeout: duration(1)
      .prefault('60s')
      .meta({
        description:
          'A request whose body sends nothing for so long is ended; its bytes are kept and the client can resume.',
      })
      .register(keyNotes, DURATION),
    headersTimeout: duration(1)
      .prefault('30s')
      .meta({ description: 'How long a client may take to send the headers of a request.' })
      .register(keyNotes, DURATION),
    drainTimeout: duration(0)
      .prefault('8s')
      .meta({
        description:
          'How long running uploads, downloads and hooks get to end after SIGTERM. The process ends within two seconds after that; container engines kill it after 10 s.',
      })
      .register(keyNotes, DURATION),
    maxConnections: wholeNumber(1, 1_000_000)
      .prefault(10_000)
      .meta({ description: 'Connections open at once; more are turned away, which the log tells.' })
      .register(keyNotes, NUMBER),
    disableDownload: yesOrNo()
      .prefault(false)
      .meta({ description: 'Do not serve finished uploads (GET).' })
      .register(keyNotes, FLAG),
    disableTermination: yesOrNo()
      .prefault(false)
      .meta({ description: 'Do not let clients delete uploads (DELETE).' })
      .register(keyNotes, FLAG),
    directBodies: directInput
      .transform(via(readDirect))
      .prefault('128KiB')
      .meta({
        description:
          'Bodies of at least this size are read straight from their sockets, which is much faster than through the HTTP parser; "never" reads none of them so.',
      })
      .register(keyNotes, { kind: 'text', type: 'size or "never"', placeholder: '<size>' }),
    hooks: hookList
      .prefault([])
      .meta({ description: 'Receivers and programs that are told what happens to uploads.' })
      .register(keyNotes, { kind: 'file-only', type: 'list of hooks', placeholder: '' }),
    hookConcurrency: wholeNumber(1, 1000)
      .prefault(16)
      .meta({ description: 'Hook deliveries that run at once.' })
      .register(keyNotes, NUMBER),
  })
  .meta({
    title: 'upload-daemon configuration',
    description: 'The configuration file of tusd-ts. Every key may be left out.',
  });

/** The configuration as read and checked, before paths and secrets are resolved. */
export type ParsedConfig = z.output<typeof configFile>;

/** A key of the configuration. */
export type ConfigKey = Exclude<keyof ParsedConfig, '$schema'>;

/** Every key, in the order of the documentation. */
export const CONFIG_KEYS = Object.keys(configFile.shape).filter(isConfigKey);

/** Tells whether a name is a key of the configuration. */
export function isConfigKey(name: string): name is ConfigKey {
  return name !== '$schema' && Object.hasOwn(configFile.shape, name);
}

/** The note of a key. */
export function noteOf(key: ConfigKey): KeyNote {
  const note = keyNotes.get(configFile.shape[key]);
  if (note === undefined) throw new Error(`the key ${key} has no note`);
  return note;
}

/** What a key is for, in one or two sentences. */
export function descriptionOf(key: ConfigKey): string {
  return configFile.shape[key].description ?? '';
}

/** The default of a key as it would stand in the file. */
export function defaultOf(key: ConfigKey): unknown {
  return configFile.shape[key].def.defaultValue;
}
