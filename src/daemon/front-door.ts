import type { Config } from '../config/config.ts';
import { messageOf } from '../fault.ts';
import { notingAborts } from '../http/download/aborted-download.ts';
import { assertConditions } from '../http/download/conditions.ts';
import { createDownload } from '../http/download/download.ts';
import { assertPlainBody } from '../http/plain-body.ts';
import type { Meter } from '../limits/meter.ts';
import { paceOf } from '../limits/pace.ts';
import type { ExchangeHandler } from '../protocol/exchange.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { TusOptions } from '../protocol/tus/context.ts';
import { createTus } from '../protocol/tus/tus.ts';
import { expiresAt, type RetentionPolicy } from '../retention/policy.ts';
import type { UploadStore } from '../storage/store.ts';

/** The protocols that are served; their requests wait for `tus`. */
export function protocolsOf(config: Config, tus: Promise<TusOptions>): [Protocol, ...Protocol[]] {
  const offered = { download: !config.disableDownload, termination: !config.disableTermination };
  return [createTus(offered, tus)];
}

/** The parts that serve requests, available once the storage is open. */
export interface FrontDoor {
  readonly tus: TusOptions;
  readonly download: ExchangeHandler;
}

interface FrontDoorParts {
  readonly store: UploadStore;
  readonly policy: RetentionPolicy;
  readonly meter: Meter;
  readonly warn: (message: string) => void;
}

export function frontDoorOf(
  config: Config,
  { store, policy, meter, warn }: FrontDoorParts,
): FrontDoor {
  const downloads = createDownload(store, {
    idleTimeout: config.idleTimeoutMs,
    pace: ({ caller }) => (meter.active ? paceOf(meter.shareOf(caller)) : null),
    redirect: config.storage.type === 's3' && config.storage.download === 'redirect',
    downloaded: (record, { caller }) => {
      store.downloaded(record, caller).catch((error) => warn(messageOf(error)));
    },
  });
  const download = notingAborts(downloads);
  const tus: TusOptions = {
    store,
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    maxSize: config.maxSize,
    expires: policy.unfinishedFor !== null || config.clientExpiryMs !== null,
    expiresAt: (record) => expiresAt(record, policy),
    termination: !config.disableTermination,
    download: config.disableDownload ? null : download,
    assertPlainBody,
    assertConditions,
  };
  return { tus, download };
}
