import { redact } from '../redact.ts';

/** The storage on one line, without secrets. */
export function storageText(value: unknown): string {
  const { type, bucket, prefix = '', endpoint } = value as Record<string, unknown>;
  if (type !== 's3') return 'local';
  const at = endpoint === undefined ? '' : ` at ${endpoint}`;
  return `s3://${bucket}/${prefix}${at}`;
}

/** The database on one line: its URL without secrets, or where that is kept. */
export function databaseText(value: unknown): string {
  if (value === null) return '(not set)';
  const { url } = value as { url?: unknown };
  if (typeof url === 'string') return String(redact(url, ['database', 'url']));
  if (typeof url !== 'object' || url === null) return '(not set)';
  if ('env' in url) return `URL in the variable ${url.env}`;
  return 'file' in url ? `URL in the file ${url.file}` : '(not set)';
}
