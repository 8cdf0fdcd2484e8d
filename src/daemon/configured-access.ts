import { isIPv4 } from 'node:net';
import type { Access } from '../access/access.ts';
import type { FindLink } from '../access/links/links.ts';
import type { Config } from '../config/config.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { AskForAccess } from '../hooks/pre-access.ts';
import type { Tls } from '../http/tls/tls.ts';
import { TUS_CORS_HEADERS } from '../protocol/tus/surface.ts';
import { MINUTE } from '../text/span.ts';
import type { DaemonLog } from './daemon-log.ts';

/** The most wrong logins that are logged one by one in a minute. */
const MOST_TOLD = 100;

const NO_OPINION = { principal: null, grants: null, maxSize: null };

/** Logged when a reload brings hooks that decide about access to a daemon that has none. */
export const ASKS_LATER =
  'pre-access hooks are asked from the next start on; until then everything stays open';

/** What access asks others: hooks, and the catalog once it is open. */
interface Asked {
  readonly hooks: Pick<Hooks, 'askForAccess'>;
  readonly findLink: FindLink;
  readonly tls: Pick<Tls, 'certificateOf'> | null;
}

/**
 * The access that the configuration asks for; null when everything is open, which is logged loudly
 * where others can reach the port. Throws CONFIG when a file of `auth` cannot be used.
 */
export async function openConfiguredAccess(
  config: Config,
  { hooks, findLink, tls }: Asked,
  log: DaemonLog,
  warn: (message: string) => void,
): Promise<Access | null> {
  // A reload may replace the hooks.
  const askForAccess: AskForAccess | null =
    hooks.askForAccess &&
    (async (...asked) => (await hooks.askForAccess?.(...asked)) ?? NO_OPINION);
  if (config.auth === null && askForAccess === null) {
    const reachable = hostsOf(config).find((host) => !isLoopback(host));
    if (reachable !== undefined) {
      log.event(
        'warn',
        `anyone who reaches ${reachable} may upload, and anyone who knows an upload's id may read and delete it: set auth (docs/access.md)`,
      );
    }
    return null;
  }
  // Loaded only when it is needed: most starts do not.
  const [{ openAccess }, { OPEN_AUTH }] = await Promise.all([
    import('../access/access.ts'),
    import('../access/open-auth.ts'),
  ]);
  return openAccess(config.auth ?? OPEN_AUTH, {
    askForAccess,
    findLink,
    certificateOf: (request) => tls?.certificateOf(request) ?? { kind: 'none' },
    corsOrigins: config.corsOrigins,
    publicUrl: config.publicUrl,
    protocolHeaders: TUS_CORS_HEADERS.sent.map((name) => name.toLowerCase()),
    now: Date.now,
    warn,
    onFailedLogin: failedLoginLog(log, Date.now),
  });
}

/** Logs each wrong login, and in a flood of them the number that was left out. */
function failedLoginLog(log: DaemonLog, now: () => number) {
  let since = Number.NEGATIVE_INFINITY;
  let told = 0;
  let rest = 0;
  return ({ address, claimed, why }: { address: string; claimed: string | null; why: string }) => {
    const at = now();
    if (Math.abs(at - since) >= MINUTE) {
      if (rest > 0) log.event('warn', `${rest} more logins failed in the minute before`);
      since = at;
      told = 0;
      rest = 0;
    }
    told += 1;
    if (told > MOST_TOLD) rest += 1;
    else {
      log.happened('warn', { type: 'login-failed', client: address, claimed, reason: why });
    }
  };
}

function hostsOf({ listen, host }: Config): readonly string[] {
  if (listen.length === 0) return [host];
  return listen.flatMap((one) => (one.kind === 'tcp' ? [one.host] : []));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
