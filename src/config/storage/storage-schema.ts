import * as z from 'zod';
import { sizeWithinType } from '../keys/value-types.ts';
import { keptText } from '../values/kept-schema.ts';
import type { Reading } from '../values/reading.ts';
import { parseUrl } from '../values/url.ts';
import { text, word, yesOrNo } from '../values/value-schemas.ts';

/** The limits of S3 for a part: "10,000 parts of 5 MiB to 5 GiB". */
const SMALLEST_PART = '5MiB';
const LARGEST_PART = '5GiB';
/** Keys have up to 1024 bytes; an id and the names below it need their share. */
const LONGEST_PREFIX = 512;

function readBucket(input: string): Reading<string> {
  // Old buckets have upper case and underscores.
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(input)) return { value: input };
  return { problem: 'it must be the name of a bucket, without a slash' };
}

/** Reads the first part of all keys, and adds the slash that ends it. */
function readPrefix(input: string): Reading<string> {
  if (input === '') return { value: '' };
  const names = input.replace(/\/$/, '').split('/');
  if (names.some((name) => !/^[A-Za-z0-9!_.*'()-]+$/.test(name) || /^\.\.?$/.test(name))) {
    return {
      problem: 'it must be names of letters, digits and - _ . with single slashes between them',
    };
  }
  if (input.length > LONGEST_PREFIX) {
    return { problem: `it must have at most ${LONGEST_PREFIX} characters` };
  }
  return { value: `${names.join('/')}/` };
}

function readEndpoint(input: string): Reading<string> {
  const url = /^https?:\/\/[^/\\\s]/i.test(input) && !/[\s\\]/.test(input) ? parseUrl(input) : null;
  if (url === null) return { problem: 'it must be an http or https URL' };
  if (url.username !== '' || url.password !== '') {
    return { problem: 'it must not hold a user name or a password: use "credentials"' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { problem: 'it must be a URL without a query or a fragment' };
  }
  return { value: url.href.replace(/\/$/, '') };
}

function readRegion(input: string): Reading<string> {
  if (/^[A-Za-z0-9-]{1,64}$/.test(input)) return { value: input };
  return { problem: 'it must be the name of a region, such as "eu-central-1"' };
}

/** Reads a key of S3. The problem never quotes it. */
export function readKey(input: string): Reading<string> {
  if (/^[\x21-\x7e]{1,4096}$/.test(input)) return { value: input };
  return { problem: 'it must be a text without blanks' };
}

const kept = (what: string) => keptText(what, '^[\\u0021-\\u007e]+$', readKey);

const credentials = z.strictObject(
  {
    accessKeyId: kept('an access key'),
    secretAccessKey: kept('a secret key'),
    sessionToken: kept('a session token').optional(),
  },
  'it must be an object with "accessKeyId" and "secretAccessKey"',
);

const local = z.strictObject({
  type: z.literal('local').meta({ description: 'Files and a SQLite catalog in uploadDir.' }),
});

const s3 = z.strictObject({
  type: z.literal('s3').meta({
    description: 'Bytes in a bucket, records in the PostgreSQL database of `database`.',
  }),
  bucket: text('the name of a bucket', readBucket).meta({ description: 'A bucket that exists.' }),
  prefix: text('a text in quotes', readPrefix)
    .prefault('')
    .meta({ description: 'What all keys begin with; nothing else in the bucket is touched.' }),
  endpoint: text('an http or https URL in quotes', readEndpoint)
    .optional()
    .meta({ description: 'Where the S3 server is; without it, AWS.', format: 'uri' }),
  region: text('the name of a region', readRegion).optional().meta({
    description:
      'Without it, what the environment and the files of the AWS SDK say; with an endpoint, "us-east-1".',
  }),
  forcePathStyle: yesOrNo().optional().meta({
    description:
      'Whether the bucket stands in the path of requests and not in the name of the host. Default: true with an endpoint.',
  }),
  credentials: credentials.optional().meta({
    description:
      'Keys, as text or better as the place where they are kept: {"file": path} or {"env": name}. Without them, the AWS SDK\'s chain: environment, files, roles of the machine.',
  }),
  partSize: sizeWithinType(SMALLEST_PART, LARGEST_PART).schema.optional().meta({
    description:
      'Size of the parts that large uploads are stored in. Default: 8 MiB, and more for what would not fit into 10,000 parts.',
  }),
  download: word(['proxy', 'redirect']).prefault('proxy').meta({
    description:
      'proxy: downloads come through the daemon. redirect: clients are sent to a URL of the S3 server that holds for a few minutes.',
  }),
});

/** Where bytes are kept. */
export const storageObject = z.discriminatedUnion('type', [local, s3], {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? 'it must be "local" or "s3"'
      : 'it must be an object with a "type" of "local" or "s3"',
});

/** Parsed, before secrets are read. */
export type ParsedStorage = z.output<typeof storageObject>;
export type ParsedS3 = z.output<typeof s3>;

/** The keys of `storage`, for suggestions. */
export const STORAGE_NAMES: readonly string[] = [
  ...Object.keys(s3.shape),
  ...Object.keys(credentials.shape),
];
