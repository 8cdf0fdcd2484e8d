import type { Keys } from '../key.ts';
import { booleanType, countType, daysType, limitType } from './value-types.ts';

/** The keys that limit what clients may do, a part of the table in keys.ts. */
export const LIMIT_KEYS = {
  maxTotalSize: {
    ...limitType(),
    live: true,
    default: 'unlimited',
    example: '500GiB',
    common: true,
    meaning:
      'Bytes of all uploads together, with those that unfinished uploads have announced; an upload that does not fit gets 507. "unlimited" leaves it to the disk.',
  },
  maxOpenUploads: {
    ...countType(),
    live: true,
    default: 'unlimited',
    example: 1_000,
    meaning: 'Uploads that are unfinished at the same time, of all clients; one more gets 429.',
  },
  maxOpenUploadsPerAddress: {
    ...countType(),
    live: true,
    default: 'unlimited',
    example: 20,
    meaning:
      'The same for each client address. The addresses of an IPv6 network of 64 bits count as one, here and below.',
  },
  maxCreationsPerMinute: {
    ...countType(),
    live: true,
    default: 'unlimited',
    example: 600,
    meaning: 'Uploads that all clients together may create in a minute; one more gets 429.',
  },
  maxCreationsPerMinutePerAddress: {
    ...countType(),
    live: true,
    default: 'unlimited',
    example: 60,
    meaning: 'The same for each client address.',
  },
  maxBytesPerDay: {
    ...limitType(),
    live: true,
    default: 'unlimited',
    example: '1TB',
    meaning:
      'Bytes that all clients together may send in a day of UTC. A request that reaches the limit gets 429, its bytes are kept, and the client can resume on the next day.',
  },
  maxBytesPerDayPerAddress: {
    ...limitType(),
    live: true,
    default: 'unlimited',
    example: '50GB',
    meaning: 'The same for each client address.',
  },
  maxBandwidth: {
    ...limitType(),
    live: true,
    default: 'unlimited',
    example: '100MB',
    meaning:
      'Bytes per second of all uploads and downloads together, shared fairly by the connections.',
  },
  maxBandwidthPerConnection: {
    ...limitType(),
    live: true,
    default: 'unlimited',
    example: '10MB',
    meaning: 'Bytes per second of each connection that uploads or downloads.',
  },
  clientExpiryDays: {
    ...daysType(),
    live: true,
    default: 'never',
    example: 7,
    meaning:
      'Longest time, in days, after which clients may have their upload removed by its metadata key "expires"; "never" ignores that key.',
  },
  clientDownloads: {
    ...booleanType(),
    live: true,
    default: false,
    example: true,
    meaning:
      'Let clients limit how often their upload can be downloaded by its metadata key "downloads"; it is removed after that many complete downloads.',
  },
} as const satisfies Keys;
