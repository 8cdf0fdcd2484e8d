import { Fault } from '../../fault.ts';
import type { Io } from '../process/io.ts';
import { processInput } from '../process/process-input.ts';
import { readSecret } from '../process/read-secret.ts';

/** Where to transfer to or from, and as whom. */
export interface Target {
  /** The address without the name and password that it may have had. */
  readonly url: URL;
  /** The value of the header Authorization, or null. */
  readonly authorization: string | null;
}

export interface LoginOptions {
  readonly token?: string;
  readonly user?: string;
}

/**
 * Reads the address and the login, and asks for a password that is missing. `inputIsData`: standard input
 * is what is sent. Throws USAGE.
 */
export async function readTarget(
  io: Io,
  address: string,
  options: LoginOptions,
  inputIsData = false,
): Promise<Target> {
  const url = readUrl(address);
  const authorization = await readLogin(io, url, options, inputIsData);
  url.username = '';
  url.password = '';
  return { url, authorization };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) {
    url.hash = '';
    return url;
  }
  throw new Fault('USAGE', `${JSON.stringify(text)} is not an address that begins with http`, {
    hint: 'The address comes last: http://host:1080/uploads/files/',
  });
}

/** What was given explicitly counts before the environment. */
async function readLogin(
  io: Io,
  url: URL,
  { token, user }: LoginOptions,
  inputIsData: boolean,
): Promise<string | null> {
  if (token !== undefined && user !== undefined) {
    throw new Fault('USAGE', 'give either --token or --user');
  }
  const inUrl = url.username !== '' || url.password !== '';
  const name = user ?? (inUrl ? `${decode(url.username)}:${decode(url.password)}` : undefined);
  const bearer = token ?? (name === undefined ? io.env.TUSD_TS_TOKEN : undefined);
  if (bearer) return `Bearer ${assertToken(bearer)}`;
  const basic = name ?? io.env.TUSD_TS_USER;
  if (!basic) return null;
  const pair = basic.includes(':')
    ? basic
    : `${basic}:${await askPassword(io, basic, inputIsData)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

async function askPassword(io: Io, name: string, inputIsData: boolean): Promise<string> {
  const { input = processInput() } = io;
  if (inputIsData && !input.isTTY) {
    throw new Fault('USAGE', `the password of ${name} is missing, and standard input is the file`, {
      hint: 'Set TUSD_TS_USER to "name:password".',
    });
  }
  const password = await readSecret({ input }, `Password of ${name}: `);
  if (password !== null) return password;
  throw new Fault('USAGE', `the password of ${name} is missing`, {
    hint: 'Type it, pipe it in, or set TUSD_TS_USER to "name:password".',
  });
}

function assertToken(value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new Fault('USAGE', 'the token may not contain spaces or control characters');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
