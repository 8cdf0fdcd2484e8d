/**
 * Whether headers with secrets, meant for `trusted`, may go to `target`: the same host and port, or
 * the same host by https instead of http. Anywhere else they could be read by others.
 */
export function mayCarrySecrets(trusted: URL, target: URL): boolean {
  if (target.hostname !== trusted.hostname) return false;
  if (target.protocol === trusted.protocol) return target.port === trusted.port;
  return target.protocol === 'https:' && trusted.port === '' && target.port === '';
}

/**
 * The address that a server means by `location`. A server behind a proxy that ends TLS may call
 * itself http; then https stays, as the other request got through.
 */
export function resolveLocation(location: string, base: URL): URL {
  const target = new URL(location, base);
  const forgotTls =
    base.protocol === 'https:' &&
    target.protocol === 'http:' &&
    target.hostname === base.hostname &&
    (target.port === '' || target.port === base.port);
  if (!forgotTls) return target;
  target.protocol = 'https:';
  target.port = base.port;
  return target;
}
