import * as z from 'zod';
import { authObject } from '../auth/auth-schema.ts';
import { authText } from '../auth/auth-text.ts';
import { resolveAuth, variablesOfAuth } from '../auth/resolve-auth.ts';
import { hookList } from '../hooks/hook-schema.ts';
import { hooksText } from '../hooks/hooks-text.ts';
import { resolveHooks, variablesOfHooks } from '../resolve-hooks.ts';
import { readHost, readProxyAddress } from '../values/address.ts';
import { readAdminAddressOrNull } from '../values/admin-address.ts';
import { readBasePath } from '../values/base-path.ts';
import { readSchedule } from '../values/cron-pattern.ts';
import { readOrigin, readOrigins } from '../values/origin.ts';
import { via } from '../values/reading.ts';
import { readUrlOrNull } from '../values/url.ts';
import { readDirectoryMode, readFileMode, readGroup, resolveGroup } from './file-access.ts';
import { readListen, readSocketMode, resolveListen } from './listen.ts';
import { readUploadDir, resolveUploadDir } from './upload-dir.ts';
import { listType, textType } from './value-types.ts';

// Value types used by one key only. Shared types are in value-types.ts.

export const HOST = textType('an IP address or a host name in quotes', readHost, {
  type: 'address',
  allowed: 'an IP address or a host name, without a port',
  placeholder: '<address>',
});

export const LISTEN = {
  ...listType('an address such as "127.0.0.1:1080" or "unix:/run/tusd-ts/http.sock"', readListen, {
    type: 'list of addresses',
    allowed: 'a host and a port such as "[::]:1080", or "unix:" and the path of a socket',
    placeholder: '<address>',
  }),
  resolve: resolveListen,
} as const;

export const SOCKET_MODE = textType('an octal mode in quotes, such as "0660"', readSocketMode, {
  type: 'octal mode',
  allowed: 'an octal mode that lets the owner read and write, such as "0660"',
  placeholder: '<mode>',
});

export const UPLOAD_DIR = {
  ...textType('a path in quotes', readUploadDir, {
    type: 'path',
    allowed: 'a path, or ":memory:"',
    placeholder: '<directory>',
  }),
  resolve: resolveUploadDir,
} as const;

export const BASE_PATH = textType('a path in quotes', readBasePath, {
  type: 'URL path',
  allowed: 'a path whose parts have letters, digits and . _ ~ - only',
  placeholder: '<path>',
});

const origins = listType('an origin such as "https://app.example.org"', readOrigin, {
  type: 'list of origins',
  allowed: 'origins as browsers send them (scheme, host and port), or "*" alone',
  placeholder: '<origin>',
});

export const ORIGINS = {
  ...origins,
  schema: origins.schema.transform(via(readOrigins)),
} as const;

export const CRON_PATTERN = textType('a cron pattern in quotes', readSchedule, {
  type: 'cron pattern',
  allowed: 'a cron pattern of 5 or 6 fields, or "never"',
  placeholder: '<pattern>',
});

export const FILE_MODE = textType('an octal mode in quotes, such as "0640"', readFileMode, {
  type: 'octal mode',
  allowed: 'an octal mode that lets the owner read and write, and nobody execute',
  placeholder: '<mode>',
});

export const DIRECTORY_MODE = textType(
  'an octal mode in quotes, such as "0750"',
  readDirectoryMode,
  {
    type: 'octal mode',
    allowed: 'an octal mode that gives the owner all permissions, such as "0750" or "2750"',
    placeholder: '<mode>',
  },
);

export const GROUP = {
  schema: z
    .union(
      [z.string(), z.int().meta({ minimum: 0 })],
      'it must be the name or id of a group, or null',
    )
    .nullable()
    .transform(via(readGroup)),
  kind: 'text',
  type: 'group or null',
  allowed: 'the name or id of a group of this system, or null',
  placeholder: '<group>',
  resolve: resolveGroup,
} as const;

export const PUBLIC_URL = {
  schema: z
    .string('it must be an http or https URL in quotes, or null')
    .meta({ format: 'uri' })
    .nullable()
    .transform(via(readUrlOrNull)),
  kind: 'text',
  type: 'URL or null',
  allowed: 'an http or https URL without a password, a query or a fragment, or null',
  placeholder: '<url>',
} as const;

export const ADMIN_LISTEN = {
  schema: z
    .string('it must be an address in quotes, or null')
    .nullable()
    .transform(via(readAdminAddressOrNull)),
  kind: 'text',
  type: 'address or null',
  allowed: 'a loopback address with a port, a unix socket as "unix:/path", or null',
  placeholder: '<address>',
} as const;

export const PROXIES = listType('an IP address or a network in CIDR notation', readProxyAddress, {
  type: 'list of addresses',
  allowed:
    'IP addresses, networks in CIDR notation, and "unix" for all that connect to a unix socket',
  placeholder: '<address>',
});

export const AUTH = {
  schema: authObject,
  kind: 'file-only',
  type: 'object or null',
  allowed:
    'an object with the ways to log in and the rules of principals, or null; [Access](access.md) has its keys',
  placeholder: '',
  resolve: resolveAuth,
  variablesIn: variablesOfAuth,
  text: authText,
} as const;

export const HOOKS = {
  schema: hookList,
  kind: 'file-only',
  type: 'list of hooks',
  allowed: 'a list of hooks, each name once; [Hooks](hooks.md#set-one-up) has their keys',
  placeholder: '',
  resolve: resolveHooks,
  variablesIn: variablesOfHooks,
  text: hooksText,
} as const;
