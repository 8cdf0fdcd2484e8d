import { DELIVER_KEYS } from '../deliver/deliver-keys.ts';
import { HOOK_KEYS } from '../hooks/hook-keys.ts';
import type { Keys } from '../key.ts';
import { STORAGE_KEYS } from '../storage/storage-keys.ts';
import { CONNECTION_KEYS } from './connection-keys.ts';
import { LIMIT_KEYS } from './limit-keys.ts';
import { PERMISSION_KEYS } from './permission-keys.ts';
import {
  ADMIN_LISTEN,
  AUTH,
  BASE_PATH,
  CRON_PATTERN,
  GROUP,
  HOST,
  LISTEN,
  ORIGINS,
  PROXIES,
  PUBLIC_URL,
  SOCKET_MODE,
  UPLOAD_DIR,
} from './special-types.ts';
import { TLS_KEYS } from './tls-keys.ts';
import {
  booleanType,
  daysType,
  limitType,
  reserveType,
  thresholdType,
  wholeNumberType,
  wordType,
} from './value-types.ts';

/**
 * Every key of the configuration. A key is added only here: its type, flag, variable, JSON Schema,
 * documentation, entry in the example file and line of `tusd-ts config` are derived from this
 * table.
 */
export const KEYS = {
  port: {
    ...wholeNumberType(0, 65_535),
    placeholder: '<port>',
    default: 1080,
    example: 8080,
    common: true,
    meaning: 'TCP port to listen on; 0 takes a free one and the ready line tells it.',
  },
  host: {
    ...HOST,
    default: '127.0.0.1',
    example: '0.0.0.0',
    common: true,
    shownAsUsed: true,
    meaning: 'Address to listen on; "0.0.0.0" or "::" listens on all of them.',
  },
  listen: {
    ...LISTEN,
    default: [],
    example: ['127.0.0.1:1080', 'unix:/run/tusd-ts/http.sock'],
    item: 'listen',
    meaning:
      'Addresses to listen on, instead of port and host: hosts with ports, and sockets of the unix family. An empty list means port and host.',
  },
  socketMode: {
    ...SOCKET_MODE,
    default: '0660',
    example: '0600',
    meaning: 'Permissions of the sockets in listen, in octal: who may write may connect.',
  },
  socketGroup: {
    ...GROUP,
    default: null,
    example: 'www-data',
    meaning: 'Group of the sockets in listen, by name or id; null leaves it to the system.',
  },
  uploadDir: {
    ...UPLOAD_DIR,
    default: './uploads',
    example: '/srv/uploads',
    inExampleFile: '/srv/uploads',
    common: true,
    shownAsUsed: true,
    meaning:
      'Directory of the uploads and their catalog; made if missing. A relative path counts from the configuration file\'s folder, elsewhere from the working directory. ":memory:" keeps everything in memory, for tests and demonstrations: nothing is left when the daemon ends. With storage "s3" it holds temporary files only.',
  },
  ...STORAGE_KEYS,
  basePath: {
    ...BASE_PATH,
    default: '/uploads/files/',
    example: '/files/',
    shownAsUsed: true,
    meaning: 'URL path under which uploads are created and found.',
  },
  corsOrigins: {
    ...ORIGINS,
    default: ['*'],
    example: ['https://app.example.org', 'https://admin.example.org'],
    inExampleFile: ['https://app.example.org'],
    item: 'corsOrigin',
    common: true,
    shownAsUsed: true,
    live: true,
    meaning:
      'Origins whose pages may upload from a browser: exact origins, "*" alone for any, an empty list for none.',
  },
  retentionDays: {
    ...daysType(),
    default: 1,
    example: 7,
    common: true,
    live: true,
    meaning:
      'Days after its last activity until an unfinished upload is removed; fractions are allowed, "never" keeps it.',
  },
  completedRetentionDays: {
    ...daysType(),
    default: 'never',
    example: 30,
    common: true,
    live: true,
    meaning: 'Days after which a finished upload is removed; "never" keeps it for ever.',
  },
  cleanupSchedule: {
    ...CRON_PATTERN,
    default: '0 * * * *',
    example: '30 3 * * *',
    live: true,
    meaning:
      'When the cleanup runs: a cron pattern of 5 fields, or 6 with seconds first; "never" leaves it to `tusd-ts cleanup`.',
  },
  maxSize: {
    ...limitType(),
    default: 'unlimited',
    example: '10GiB',
    inExampleFile: '10GiB',
    common: true,
    live: true,
    meaning: 'Largest upload that is accepted, or "unlimited".',
  },
  ...LIMIT_KEYS,
  minFreeSpace: {
    ...reserveType(),
    default: '256MiB',
    example: '1GiB',
    inExampleFile: '1GiB',
    live: true,
    meaning:
      'Space that new uploads leave free on the disk; one that cannot fit gets 507. "off" or 0 does not look at the free space, for file systems that report none.',
  },
  ...PERMISSION_KEYS,
  publicUrl: {
    ...PUBLIC_URL,
    default: null,
    example: 'https://app.example.org/uploads/files/',
    common: true,
    shownAsUsed: true,
    live: true,
    meaning:
      'URL of the base path as clients see it, for absolute Location headers. Without it (null) they are relative, which is right behind most proxies.',
  },
  ...TLS_KEYS,
  trustedProxies: {
    ...PROXIES,
    default: [],
    example: ['127.0.0.1', '10.0.0.0/8'],
    item: 'trustedProxy',
    common: true,
    live: true,
    meaning:
      'Proxies whose X-Forwarded-* headers (or, without any of these, Forwarded) count: addresses or networks.',
  },
  auth: {
    ...AUTH,
    default: null,
    example: {
      tokens: [{ name: 'backup', secret: `sha256:${'0'.repeat(64)}` }],
      principals: { backup: { grants: ['create', 'append'], maxSize: '100GiB' } },
    },
    inExampleFile: null,
    common: true,
    meaning:
      'Who may do what: the ways to log in, and the rules of principals. null leaves everything open to everyone who reaches the port.',
  },
  logFormat: {
    ...wordType(['text', 'json'], '<format>'),
    default: 'text',
    example: 'json',
    meaning: 'How log lines are written: for people, or one JSON object per line.',
  },
  logLevel: {
    ...wordType(['debug', 'info', 'warn', 'error'], '<level>'),
    default: 'info',
    example: 'warn',
    live: true,
    meaning:
      'What is logged: "debug" adds preflight requests that succeed, "warn" leaves out requests that were answered, "error" leaves only failures.',
  },
  adminListen: {
    ...ADMIN_LISTEN,
    default: null,
    example: '127.0.0.1:9090',
    meaning:
      'Where /healthz, /readyz, /metrics and what `tusd-ts status` asks for are served: a loopback address with its port, or a unix socket such as "unix:/run/tusd-ts/admin.sock". null serves them nowhere.',
  },
  publicHealth: {
    ...booleanType(),
    default: false,
    example: true,
    meaning:
      'Serve /healthz and /readyz also on the port of the uploads, for load balancers. They come before uploads of these names where basePath is "/".',
  },
  fsync: {
    ...wordType(['completed', 'always', 'never'], '<when>'),
    default: 'completed',
    example: 'always',
    meaning:
      'When bytes are forced to the disk before the answer: as an upload finishes, after every request, or never (fastest; a power cut may lose what was acknowledged).',
  },
  ...CONNECTION_KEYS,
  disableDownload: {
    ...booleanType(),
    default: false,
    example: true,
    live: true,
    meaning: 'Do not serve finished uploads (GET).',
  },
  disableTermination: {
    ...booleanType(),
    default: false,
    example: true,
    live: true,
    meaning: 'Do not let clients delete uploads (DELETE).',
  },
  directBodies: {
    ...thresholdType(),
    default: '128KiB',
    example: '1MiB',
    meaning:
      'Bodies of at least this size are read straight from their sockets, which is much faster than through the HTTP parser; "never" reads none of them so.',
  },
  ...HOOK_KEYS,
  ...DELIVER_KEYS,
} as const satisfies Keys;

/** A key of the configuration. */
export type ConfigKey = keyof typeof KEYS;
