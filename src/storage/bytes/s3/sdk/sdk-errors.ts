import { messageOf } from '../../../../fault.ts';
import { networkCodeOf } from '../calls/faults.ts';
import { ObjectStoreError } from '../calls/object-store.ts';

/** Names of S3 for answers that have no body (to HEAD). */
const BY_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  403: 'AccessDenied',
  404: 'NotFound',
  429: 'SlowDown',
  503: 'SlowDown',
};

interface SdkError {
  readonly name?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The failure of a call of the SDK in our own words. */
export function storeError(error: unknown): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const { name = 'Error', Code, $metadata } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode;
  const network = networkCodeOf(error);
  // Without an answer, or with one that broke off.
  if (network !== undefined || status === undefined) {
    return new ObjectStoreError(network ?? name, messageOf(error), undefined, error);
  }
  const given = Code ?? name;
  const unnamed = given === 'Unknown' || given === 'UnknownError' || /^\d+$/.test(given);
  const code = unnamed ? (BY_STATUS[status] ?? `Status${status}`) : given;
  // An error in an answer of 200 is an error of the server's.
  const message = messageOf(error);
  const text = message === '' || message.startsWith('Unknown') ? `status ${status}` : message;
  return new ObjectStoreError(code, text, status === 200 ? 500 : status, error);
}
