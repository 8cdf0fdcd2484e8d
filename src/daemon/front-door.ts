import type { Config } from '../config/config.ts';
import { messageOf } from '../fault.ts';
import { notingAborts } from '../http/download/aborted-download.ts';
import { assertConditions } from '../http/download/conditions.ts';
import { createDownload, type Downloaded } from '../http/download/download.ts';
import { assertPlainBody } from '../http/plain-body.ts';
import type { ExchangeHandler } from '../protocol/exchange.ts';
import type { TusOptions } from '../protocol/tus/context.ts';
import { expiresAt, type RetentionPolicy } from '../retention/policy.ts';
import type { UploadStore } from '../storage/store.ts';

/** The parts that serve requests, available once the storage is open. */
export interface FrontDoor {
  readonly tus: TusOptions;
  readonly download: ExchangeHandler;
}

export function frontDoorOf(
  config: Config,
  store: UploadStore,
  policy: RetentionPolicy,
  warn: (message: string) => void,
): FrontDoor {
  const downloaded: Downloaded = (record, { caller }) => {
    store.downloaded(record, caller).catch((error) => warn(messageOf(error)));
  };
  const download = notingAborts(createDownload(store, config.idleTimeoutMs, downloaded));
  const tus: TusOptions = {
    store,
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    maxSize: config.maxSize,
    expires: policy.unfinishedFor !== null,
    expiresAt: (record) => expiresAt(record, policy),
    termination: !config.disableTermination,
    download: config.disableDownload ? null : download,
    assertPlainBody,
    assertConditions,
  };
  return { tus, download };
}
