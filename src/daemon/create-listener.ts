import type { Config } from '../config/config.ts';
import { readBodiesDirectly } from '../http/direct-body/self-test.ts';
import { Listener } from '../http/listener.ts';
import type { ListenerOptions } from '../http/listener-options.ts';
import type { Tls } from '../http/tls/tls.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { FrontDoor } from './front-door.ts';
import { listenerWarnings } from './listener-warnings.ts';
import { addressesOf, listenerOptionsOf } from './live-options.ts';
import type { Monitor } from './monitor.ts';

interface ListenerParts {
  /** Descriptors of sockets that listen already. */
  readonly sockets: readonly number[];
  readonly tls: Tls | null;
  readonly protocols: [Protocol, ...Protocol[]];
  /** Requests wait for it. */
  readonly front: Promise<FrontDoor>;
  readonly log: DaemonLog;
  readonly monitor: Monitor;
  readonly access: NonNullable<ListenerOptions['admission']> | null;
  readonly warn: (message: string) => void;
  readonly onBug: (error: unknown) => void;
}

/** Makes the listener of a configuration; what it meets goes to the log and the monitor. */
export function createListener(config: Config, parts: ListenerParts): Listener {
  const { sockets, tls, protocols, front, log, monitor, access, warn, onBug } = parts;
  return new Listener({
    addresses: addressesOf(config, sockets),
    tls,
    basePath: config.basePath,
    maxHeaderSize: config.maxHeaderSize,
    ...listenerOptionsOf(config),
    protocols,
    pages: monitor.publicPages,
    prepare: async (server) => {
      monitor.watch(server);
      const { directBodies } = config;
      if (directBodies === null || (await readBodiesDirectly(server, directBodies))) return;
      warn('large bodies cannot be read directly on this Node: uploads are slower');
    },
    download: config.disableDownload ? null : async (exchange) => (await front).download(exchange),
    admission: access,
    onRequest: (record) => {
      log.request(record);
      monitor.request(record);
    },
    ...listenerWarnings(config, monitor.tally, warn),
    onBug,
    onTrouble: warn,
    now: Date.now,
  });
}
