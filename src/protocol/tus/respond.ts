import { isKept, type UploadRecord } from '../../storage/model/upload.ts';
import type { Exchange } from '../exchange.ts';

/** Headers that say how the upload stands; a hook's answer must not contradict them. */
const OURS = new Set(['upload-offset', 'upload-length']);

/** Sends a success, with what hooks want changed in it. */
export function respond(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  const { response, method, caller } = exchange;
  const { answer } = caller.request;
  for (const [name, value] of Object.entries(answer?.headers ?? {})) {
    if (!OURS.has(name.toLowerCase())) exchange.addHeader(name, value);
  }
  const body = answer?.body ?? '';
  response.statusCode = answer?.status ?? status;
  for (const name in headers) response.setHeader(name, headers[name]!);
  const empty = response.statusCode === 204 || response.statusCode === 304 || method === 'HEAD';
  // A HEAD's length would be taken for that of a GET.
  if (response.statusCode !== 204 && method !== 'HEAD') {
    response.setHeader('Content-Length', Buffer.byteLength(body));
  }
  response.end(empty ? undefined : body);
}

/** `Upload-Expires` for what will expire: unfinished uploads, and parts that nobody joined. */
export function expiresHeader(
  record: UploadRecord,
  expiresAt: number | null,
): { 'Upload-Expires'?: string } {
  if (expiresAt === null || isKept(record)) return {};
  return { 'Upload-Expires': new Date(expiresAt).toUTCString() };
}
