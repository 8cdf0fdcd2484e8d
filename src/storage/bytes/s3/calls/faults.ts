import { errnoOf, Fault, type FaultOptions } from '../../../../fault.ts';
import { ObjectStoreError } from './object-store.ts';

/** Failures of a moment, whatever status comes with them. */
const TRANSIENT = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'Timeout',
  'TooManyRequests',
  'Truncated',
  'XAmzContentSHA256Mismatch',
]);
/** They come again, however often one tries. */
const LASTING = new Set(['Cancelled', 'NotImplemented', 'CredentialsProviderError', 'CERT']);

/** radosgw answers with 403 where a quota is used up, and Swift with EntityTooLarge. */
const FULL = new Set([
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientStorage',
  'EntityTooLarge',
  'XMinioStorageFull',
]);
const REFUSED = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

const BUSY = {
  retryAfter: 5,
  publicMessage: 'the storage of this server is not there at the moment',
};

/** Whether trying again may help. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ObjectStoreError) || LASTING.has(error.code)) return false;
  const { code, status } = error;
  return TRANSIENT.has(code) || status === undefined || status >= 500 || status === 429;
}

/** The Fault for a failed call; other errors pass unchanged. `action`: the permission that it needs. */
export function faultOf(error: unknown, action: string): unknown {
  if (!(error instanceof ObjectStoreError)) return error;
  const { code, message } = error;
  const fault = (kind: Fault['code'], text: string, options: FaultOptions = {}) =>
    new Fault(kind, text, { ...options, cause: error });
  if (FULL.has(code) || error.status === 507) {
    return fault('NO_SPACE', `S3 takes no more bytes (${code})`, {
      hint: 'Raise the quota of the bucket, or remove old uploads: tusd-ts cleanup --dry-run',
    });
  }
  if (REFUSED.has(code) || error.status === 403) return refused(error, action);
  switch (code) {
    case 'NoSuchBucket':
      return fault('UNAVAILABLE', 'the bucket is not there', {
        ...BUSY,
        hint: 'Create it, or correct the name of the bucket, the endpoint or the region.',
      });
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return fault('CONFIG', `the bucket is in another region: ${message}`, {
        hint: 'Set the region, and the endpoint, of the bucket.',
        publicMessage: BUSY.publicMessage,
      });
    case 'NoSuchKey':
    case 'NotFound':
    case 'NoSuchUpload':
      return fault('GONE', 'the bytes of this upload are no longer in the bucket');
    case 'InvalidRange':
      return fault('IO', 'an object of this upload is shorter than recorded');
  }
  if (isTransient(error)) return fault('UNAVAILABLE', `S3 fails: ${message} (${code})`, BUSY);
  return fault('IO', `S3 refuses a request: ${message} (${code})`, {
    publicMessage: 'the storage of this server failed',
  });
}

function refused(error: ObjectStoreError, action: string): Fault {
  const { code } = error;
  const publicMessage = 'the storage of this server refused its request';
  if (code === 'RequestTimeTooSkewed') {
    return new Fault('PERMISSION', 'S3 refuses requests because the clocks differ', {
      hint: 'Set the clock of this machine.',
      publicMessage,
      cause: error,
    });
  }
  const known = REFUSED.has(code) && code !== 'AccessDenied' && code !== 'AllAccessDisabled';
  return new Fault('PERMISSION', `S3 refuses ${action} (${code}): ${error.message}`, {
    hint: known
      ? 'Check the access key and its secret.'
      : `Allow ${action} in the policy of the key, for the bucket or for all below its prefix.`,
    publicMessage,
    cause: error,
  });
}

/** The errors of the network by their codes; undefined for anything else. */
export function networkCodeOf(error: unknown): string | undefined {
  const code = errnoOf(error);
  return code !== undefined && /^(?:E[A-Z]+|ERR_[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(code)
    ? code
    : undefined;
}
