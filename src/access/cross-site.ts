import { Fault } from '../fault.ts';
import type { AccessRequest } from './access-request.ts';

export interface CrossSiteOptions {
  readonly corsOrigins: readonly string[];
  readonly publicUrl: string | null;
  /** Request headers of the protocols that no form and no plain fetch can send; in lower case. */
  readonly protocolHeaders: readonly string[];
}

/** Methods for which a browser asks no permission (Fetch, 2.2.1). */
const SIMPLE = new Set(['GET', 'HEAD', 'POST']);

/**
 * Returns a check of requests whose credentials a browser may have added by itself. A page of
 * another site must not use them, unless `corsOrigins` lists its origin. The check throws FORBIDDEN.
 *
 * `*` allows pages of any origin to use credentials that they know, and never those that only the
 * browser knows. With `*` browsers refuse to send the latter after a preflight, so what needed a
 * preflight passes; what did not need one is refused.
 */
export function createCrossSiteCheck(options: CrossSiteOptions): (request: AccessRequest) => void {
  const listed = new Set(options.corsOrigins.map((origin) => origin.toLowerCase()));
  const own = options.publicUrl === null ? null : new URL(options.publicUrl).host;
  return ({ request, client }) => {
    const { headers } = request;
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    // Browsers set these themselves, and pages cannot change them.
    if (site === 'same-origin' || site === 'none') return;
    if (origin !== undefined) {
      if (listed.has(origin.toLowerCase())) return;
      const host = hostOf(origin);
      const hosts = [headers.host, client.forwarded?.host, own];
      // A browser that says "same-site" or "cross-site" knows better: its page may have come without TLS.
      if (site === undefined && host !== null && hosts.includes(host)) return;
      const asked =
        !SIMPLE.has(request.method ?? '') ||
        options.protocolHeaders.some((name) => headers[name] !== undefined);
      if (listed.has('*') && asked) return;
    } else {
      // Another program than a browser, or a browser on a page of ours without TLS.
      if (site === undefined) return;
      // A person followed a link.
      const followed = headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
      if (followed && headers['sec-fetch-dest'] === 'document') return;
    }
    throw new Fault(
      'FORBIDDEN',
      'a page of another site may not use this login; corsOrigins does not list its origin',
    );
  };
}

/** The host of an origin in lower case; null for "null" and what is no origin. */
function hostOf(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
}
