import { isKept, type UploadRecord } from '../../storage/model/upload.ts';
import type { Exchange } from '../exchange.ts';

/** Headers that describe the upload's state; a hook must not override them. */
const OURS = new Set(['upload-offset', 'upload-length']);

/** Sends a success response, with the changes that hooks asked for. */
export function respond(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  const { response, method, caller } = exchange;
  const { answer } = caller.request;
  if (answer?.headers) {
    for (const [name, value] of Object.entries(answer.headers)) {
      if (!OURS.has(name.toLowerCase())) exchange.addHeader(name, value);
    }
  }
  const body = answer?.body ?? '';
  response.statusCode = answer?.status ?? status;
  for (const name in headers) response.setHeader(name, headers[name]!);
  const empty = response.statusCode === 204 || response.statusCode === 304 || method === 'HEAD';
  // On a HEAD, Content-Length would describe the body of a GET.
  if (response.statusCode !== 204 && method !== 'HEAD') {
    response.setHeader('Content-Length', Buffer.byteLength(body));
  }
  response.end(empty ? undefined : body);
}

/**
 * `Upload-Expires` for uploads that expire: unfinished ones, parts not used by a final upload, and
 * those whose client has chosen an end.
 */
export function expiresHeader(
  record: UploadRecord,
  expiresAt: number | null,
): { 'Upload-Expires'?: string } {
  if (expiresAt === null || (isKept(record) && record.expiresAt === null)) return {};
  return { 'Upload-Expires': new Date(expiresAt).toUTCString() };
}
