import type { ServerResponse } from 'node:http';

/** Makes browsers use nothing but HTTPS for this host (RFC 6797). `hstsMs` is null for never. */
export function setStrictTransport(response: ServerResponse, hstsMs: number | null): void {
  if (hstsMs === null) return;
  response.setHeader('Strict-Transport-Security', `max-age=${Math.floor(hstsMs / 1000)}`);
}
