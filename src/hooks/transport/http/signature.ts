import { Webhook } from 'standardwebhooks';

/**
 * Signs by the Standard Webhooks convention: `id.timestamp.body` with every secret, so that a
 * receiver that knows any one of them accepts it during rotation. Without a secret there is no
 * signature header. The timestamp is that of the attempt, in seconds.
 */
export function createSigner(secrets: readonly string[]) {
  const keys = secrets.map((secret) => new Webhook(secret));
  return (eventId: string, body: string, at: number): Record<string, string> => {
    const signatures = keys.map((key) => key.sign(eventId, new Date(at), body));
    return {
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(at / 1000)),
      ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
    };
  };
}
