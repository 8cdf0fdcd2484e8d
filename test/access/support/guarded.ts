import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Daemon, startDaemon } from '../../support/command.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** A token of at least 16 characters for a name, and how a configuration holds it. */
export function tokenOf(name: string): string {
  return `${name}-0123456789abcdef`;
}

export function tokenSetting(name: string) {
  const hash = createHash('sha256').update(tokenOf(name)).digest('hex');
  return { name, secret: `sha256:${hash}` };
}

export interface Guarded extends Daemon {
  readonly folder: string;
  readonly config: string;
}

/** The real command with a configuration; `auth` is that key of it. */
export async function startGuarded(
  t: TestContext,
  auth: unknown,
  more: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Guarded> {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const config = join(folder, 'upload-daemon.config.json');
  writeFileSync(config, JSON.stringify({ uploadDir: 'uploads', auth, ...more }));
  const daemon = await startDaemon(t, ['--config', config, ...args], { cwd: folder });
  return { ...daemon, folder, config };
}

export type Headers = Readonly<Record<string, string>>;

export function bearer(token: string): Headers {
  return { Authorization: `Bearer ${token}` };
}

export function basic(user: string, password: string): Headers {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

export const TUS: Headers = { 'Tus-Resumable': '1.0.0' };

/** POST with these bytes; resolves with the answer. */
export function create(url: string, headers: Headers, body = 'hello', length = body.length) {
  return fetch(url, {
    method: 'POST',
    headers: {
      ...TUS,
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Length': String(length),
      ...headers,
    },
    body,
  });
}

/** Creates an upload and returns its URL. */
export async function created(
  url: string,
  headers: Headers,
  body = 'hello',
  length = body.length,
): Promise<string> {
  const answer = await create(url, headers, body, length);
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  return new URL(answer.headers.get('location') ?? '', url).href;
}

export function append(url: string, headers: Headers, offset: number, body: string) {
  return fetch(url, {
    method: 'PATCH',
    headers: {
      ...TUS,
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(offset),
      ...headers,
    },
    body,
  });
}
