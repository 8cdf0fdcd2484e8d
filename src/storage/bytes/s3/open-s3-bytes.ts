import { tmpdir } from 'node:os';
import { Fault } from '../../../fault.ts';
import type { ObjectStore } from './calls/object-store.ts';
import { S3Bytes, type S3BytesOptions } from './s3-bytes.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface BucketOptions {
  readonly bucket: string;
  /** The URL of the server; absent for AWS. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** The bucket is part of the path instead of the host name. */
  readonly forcePathStyle?: boolean | undefined;
  /** Absent: as the SDK finds them (environment, files, role of the machine). */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
}

export interface S3Options
  extends BucketOptions,
    Pick<S3BytesOptions, 'partSize' | 'memory' | 'warn' | 'timing'> {
  /** All keys begin with it. A slash at its end is added; "" for none. */
  readonly prefix: string;
  /** The folder for bytes on their way to S3; the system's for temporary files when absent. */
  readonly spoolDir?: string | undefined;
}

const CONNECT_WITHIN = 10_000;
/** More than parts and copies at a time, for what is small beside them. */
const CONNECTIONS = 100;

/** Opens a bucket as a store. Makes no request. Throws CONFIG when the SDK is not installed. */
export async function openS3Bytes(options: S3Options): Promise<S3Bytes> {
  const { bucket, prefix, partSize, spoolDir = tmpdir(), memory, warn, timing } = options;
  return new S3Bytes(await openBucket(options), {
    name: `s3://${bucket}`,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    ...{ partSize, spoolDir, memory, warn, timing },
  });
}

/** The calls of a bucket, through the SDK. Makes none. Throws CONFIG when the SDK is not installed. */
export async function openBucket(options: BucketOptions): Promise<ObjectStore> {
  const { bucket, endpoint, region, forcePathStyle, credentials } = options;
  const [sdk, { SdkObjectStore }] = await load();
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    // Other servers than AWS accept any.
    ...(region === undefined && endpoint === undefined ? {} : { region: region ?? 'us-east-1' }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(credentials === undefined ? {} : { credentials }),
    // Checksums of AWS's own are refused by many servers; the signature covers a SHA-256 of the bytes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Not every server answers "100 Continue".
    expectContinueHeader: false,
    // It would print what it thinks of failed requests.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    // Attempts are made above, where a body can be sent again.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  return new SdkObjectStore(sdk, client, bucket);
}

async function load() {
  try {
    return await Promise.all([import('@aws-sdk/client-s3'), import('./sdk/sdk-object-store.ts')]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Fault('CONFIG', 'storage in S3 needs the package @aws-sdk/client-s3', {
      hint: 'Install it beside tusd-ts: npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner',
      cause: error,
    });
  }
}
