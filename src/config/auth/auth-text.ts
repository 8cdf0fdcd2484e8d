/** The ways of `auth` on one line, without secrets. */
export function authText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '(open to everyone)';
  const { tokens, basic, jwt, certificate, proxy, principals } = value as Record<string, unknown>;
  const ways = [
    ...(Array.isArray(tokens) && tokens.length > 0 ? [`tokens (${tokens.length})`] : []),
    ...(isObject(basic) ? [`basic (${basic.file})`] : []),
    ...(isObject(jwt) ? [`jwt (${jwt.issuer})`] : []),
    ...(isObject(certificate) ? [`certificate (${[certificate.ca].flat().join(', ')})`] : []),
    ...(isObject(proxy) ? [`proxy (${proxy.header})`] : []),
    ...(isObject(principals) ? [`rules of ${Object.keys(principals).join(', ')}`] : []),
  ];
  return ways.length === 0 ? 'upload links only' : ways.join('; ');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
