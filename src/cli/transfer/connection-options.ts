import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseDuration } from '../../config/values/duration.ts';
import { parseSize } from '../../config/values/size.ts';
import { Fault, messageOf } from '../../fault.ts';
import { createPace, type Pace } from '../../storage/pace.ts';
import { HOUR, MINUTE, SECOND } from '../../text/span.ts';
import { createHttpClient, type HttpClient } from '../../transfer/http/http-client.ts';
import { createProxyAgents } from '../../transfer/http/proxy-agents.ts';
import { proxyChoice } from '../../transfer/http/proxy-choice.ts';
import type { RetryPolicy } from '../../transfer/retry.ts';
import type { Io } from '../process/io.ts';
import { programVersion } from '../process/version.ts';
import type { LoginOptions, Target } from './target.ts';

export interface ConnectionOptions extends LoginOptions {
  readonly header?: readonly string[];
  readonly cacert?: string;
  readonly limitRate?: string;
  readonly retryFor?: string;
}

/** How to reach a server, from the command line. */
export interface Connection {
  readonly url: URL;
  readonly client: HttpClient;
  readonly retry: RetryPolicy;
  /** Waits until so many bytes may pass. */
  readonly pace: Pace;
  /** Bytes to read or write at a time. */
  readonly blockSize: number;
}

/** No byte in either direction for so long means that the connection is dead (milliseconds). */
const IDLE_TIMEOUT = MINUTE;
const RETRY_FOR = HOUR;
const FIRST_CONTACT = 30 * SECOND;
const BLOCK = 256 * 1024;

export function addConnectionOptions(command: Command): Command {
  return command
    .option('--token <token>', 'bearer token; default: the variable TUSD_TS_TOKEN')
    .option('--user <name[:password]>', 'for basic authentication; default: TUSD_TS_USER')
    .option('--header <header>', 'an additional header, "Name: value"; repeatable', collect)
    .option('--cacert <file>', 'PEM file of authorities to trust in place of the known ones')
    .option('--limit-rate <size>', 'bytes to transfer in a second, at most')
    .option('--retry-for <duration>', 'give up after so long without progress (1h)');
}

/** Adds a value of a repeatable option. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Throws USAGE faults for what is wrong. `signal` ends everything. */
export function openConnection(
  io: Io,
  { url, authorization }: Target,
  options: ConnectionOptions,
  signal: AbortSignal,
): Connection {
  const rate = readRate(options.limitRate);
  const secret = readHeaders(options, authorization);
  const proxies = proxyChoice(io.env);
  const retryFor = options.retryFor === undefined ? RETRY_FOR : parseDuration(options.retryFor);
  const client = createHttpClient({
    url,
    headers: { 'User-Agent': `tusd-ts/${programVersion()}` },
    secretHeaders: secret,
    ca: readAuthorities(options.cacert),
    proxies: proxies && createProxyAgents(proxies),
    idleTimeout: IDLE_TIMEOUT,
    now: io.now,
    signal,
  });
  return {
    url,
    client,
    retry: {
      retryFor,
      firstContact: options.retryFor === undefined ? FIRST_CONTACT : retryFor,
      now: () => performance.now(),
      sleep: (milliseconds) => pause(milliseconds, signal),
      random: Math.random,
    },
    pace: createPace({
      bytesPerSecond: rate,
      now: () => performance.now(),
      sleep: (milliseconds) => pause(milliseconds, signal),
    }),
    // Small pieces at a low rate, so that bytes flow all the time.
    blockSize: rate === null ? BLOCK : Math.max(4096, Math.min(BLOCK, Math.ceil(rate / 8))),
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

/** Bytes in a second; null for no limit. */
function readRate(text: string | undefined): number | null {
  if (text === undefined || text === 'unlimited') return null;
  const rate = parseSize(text.replace(/\/s$/, ''));
  if (rate > 0) return rate;
  throw new Fault('USAGE', '--limit-rate must be more than nothing');
}

const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The program sets these itself. */
const RESERVED =
  /^(?:tus-|upload-|content-length$|transfer-encoding$|connection$|host$|expect$|range$|if-range$)/i;

/** Headers of the person's own are secrets as well: they often are keys. */
function readHeaders(
  { header = [] }: ConnectionOptions,
  authorization: string | null,
): Record<string, string> {
  const secret: Record<string, string> = {};
  for (const line of header) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !NAME.test(name) || !VALUE.test(value)) {
      throw new Fault('USAGE', '--header must be "Name: value"');
    }
    if (RESERVED.test(name)) throw new Fault('USAGE', `--header cannot set ${name}`);
    secret[name] = value;
  }
  return authorization === null ? secret : { ...secret, Authorization: authorization };
}

function readAuthorities(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw new Fault('USAGE', `--cacert: ${messageOf(error)}`, { cause: error });
  }
  throw new Fault('USAGE', `--cacert: ${path} holds no certificate in PEM`);
}
