import type { Keys } from '../key.ts';
import { durationType, sizeWithinType, wholeNumberType } from './value-types.ts';

/** The keys of connections, a part of the table in keys.ts. */
export const CONNECTION_KEYS = {
  idleTimeout: {
    ...durationType(1),
    default: '60s',
    example: '2m',
    live: true,
    meaning:
      'A request whose body sends nothing for so long is ended; its bytes are kept and the client can resume.',
  },
  headersTimeout: {
    ...durationType(1),
    default: '30s',
    example: '10s',
    live: true,
    meaning: 'How long a client may take to send the headers of a request.',
  },
  keepAliveTimeout: {
    ...durationType(1),
    default: '75s',
    example: '10m',
    live: true,
    meaning:
      'How long an idle connection is kept: longer than a proxy in front keeps it, so that the proxy is the one that closes.',
  },
  maxHeaderSize: {
    ...sizeWithinType('8KiB', '1MiB'),
    default: '64KiB',
    example: '128KiB',
    meaning:
      'Most bytes that the headers of a request may have; more get 431. The default is enough for a final upload of 250 parts with long absolute URLs.',
  },
  drainTimeout: {
    ...durationType(0),
    default: '8s',
    example: '25s',
    live: true,
    meaning:
      'How long running uploads, downloads and hooks get to end after SIGTERM. The process ends within two seconds after that; container engines kill it after 10 s.',
  },
  maxConnections: {
    ...wholeNumberType(1, 1_000_000),
    default: 10_000,
    example: 2_000,
    live: true,
    meaning: 'Connections open at once; more are turned away, which the log tells.',
  },
} as const satisfies Keys;
