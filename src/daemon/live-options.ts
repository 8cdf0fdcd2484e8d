import type { ConfigChange } from '../config/compare.ts';
import type { Config } from '../config/config.ts';
import type { KEYS } from '../config/keys/keys.ts';
import type { ListenAddress } from '../http/doors/address.ts';
import { clientChoices } from '../retention/client-choice.ts';
import type { RetentionPolicy } from '../retention/policy.ts';
import type { Choices } from '../storage/model/events.ts';
import type { FileAccess, StoreLimits } from '../storage/store.ts';

// What the parts of a running daemon take from its configuration: at the start, and at each reload.

/** What a reload has changed, and the configuration that is now in force. */
export type Reloaded = ConfigChange<typeof KEYS>;

export function policyOf(config: Config): RetentionPolicy {
  return { unfinishedFor: config.retentionMs, finishedFor: config.completedRetentionMs };
}

export function accessOf({ fileMode, directoryMode, fileGroup }: Config): FileAccess {
  return { fileMode, directoryMode, group: fileGroup };
}

export function limitsOf({ maxSize, minFreeSpace, idleTimeoutMs }: Config): Partial<StoreLimits> {
  return { maxSize, minFreeSpace, idleTimeout: idleTimeoutMs };
}

export function choicesOf({ clientExpiryMs, clientDownloads }: Config): Choices {
  return clientChoices({ longestExpiry: clientExpiryMs, downloads: clientDownloads });
}

export function listenerOptionsOf(config: Config) {
  const { publicUrl, corsOrigins, trustedProxies, maxConnections } = config;
  return {
    ...{ publicUrl, corsOrigins, trustedProxies, maxConnections },
    headersTimeout: config.headersTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    hstsMs: config.hstsMs,
  };
}

/** Where to listen: the sockets of the service manager, or what is configured. */
export function addressesOf(config: Config, sockets: readonly number[]): readonly ListenAddress[] {
  const { listen, host, port, socketMode: mode, socketGroup: group } = config;
  if (sockets.length > 0) return sockets.map((fd) => ({ kind: 'inherited', fd }));
  if (listen.length === 0) return [{ kind: 'tcp', host, port }];
  return listen.map((one) => (one.kind === 'unix' ? { ...one, mode, group } : one));
}
