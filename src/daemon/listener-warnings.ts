import type { Config } from '../config/config.ts';
import type { ListenerOptions } from '../http/listener-options.ts';

type Warnings = Pick<ListenerOptions, 'onTurnedAway' | 'onMoreRefused' | 'onForwardedIgnored'>;

/** What the listener has to tell, as warnings; connections that were turned away are counted. */
export function listenerWarnings(
  { maxConnections }: Pick<Config, 'maxConnections'>,
  tally: { turnedAway: number },
  warn: (message: string) => void,
): Warnings {
  return {
    onTurnedAway: (count) => {
      tally.turnedAway += count;
      const what = count === 1 ? 'a connection was' : `${count} connections were`;
      warn(`${what} turned away: ${maxConnections} are open (maxConnections)`);
    },
    onMoreRefused: (count) =>
      warn(`${count} more connections sent no valid request in the last minute`),
    onForwardedIgnored: (peer) =>
      warn(
        `the forwarded headers of ${peer} are ignored; if it is your proxy, name it in trustedProxies`,
      ),
  };
}
