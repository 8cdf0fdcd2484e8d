import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type DeliverRule, resolveRules } from '../../../src/config/deliver/deliver-rule.ts';
import { ruleList } from '../../../src/config/deliver/deliver-schema.ts';
import { createDeliveries } from '../../../src/daemon/deliveries.ts';
import type { Placement } from '../../../src/storage/model/placement.ts';
import type { StoreOptions } from '../../../src/storage/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import { serveUploads, type Uploads } from '../../support/uploads.ts';

export interface Delivering extends Uploads {
  readonly inbox: string;
  readonly warnings: string[];
  /** Makes a finished upload of this name and content; resolves when its client would be answered. */
  send(name: string, content?: string, metadata?: Record<string, string>): Promise<string>;
  /** Waits until nothing is on its way any more; what fails is left out. */
  settled(): Promise<void>;
  placements(): Promise<Placement[]>;
  /** What is below the inbox: relative paths, sorted. */
  arrived(): string[];
  content(path: string): string;
  stop(): Promise<void>;
}

/** Rules in the notation of the configuration file. */
export function rulesOf(...rules: object[]): readonly DeliverRule[] {
  const parsed = ruleList.parse(rules);
  const { value, problems } = resolveRules(parsed, { folder: '/', env: {}, withSecrets: true }) as {
    value: readonly DeliverRule[];
    problems?: readonly unknown[];
  };
  assert.deepEqual(problems, []);
  return value;
}

/** A store whose finished uploads are delivered to a folder of the test. */
export async function deliver(
  test: TestContext,
  rules: (inbox: string) => readonly object[],
  options: Partial<StoreOptions> & { readonly inbox?: string } = {},
): Promise<Delivering> {
  const inbox = options.inbox ?? join(temporaryFolder(test), 'inbox');
  mkdirSync(inbox, { recursive: true });
  const warnings: string[] = [];
  const config = {
    deliver: rulesOf(...rules(inbox)),
    storageRoot: null,
    fileMode: 0o600,
    directoryMode: 0o700,
  };
  const deliveries = await createDeliveries(config, (message) => warnings.push(message));
  const { inbox: _, ...rest } = options;
  const uploads = await serveUploads(test, { now: Date.now, rules: deliveries.engine, ...rest });
  const { store } = uploads;
  await deliveries.start(store);
  const stop = () => deliveries.stop(1000);
  // Before the store is closed, which was registered first.
  const close = store.close.bind(store);
  Object.assign(store, { close: () => stop().then(close) });
  const placements = async () => (await store.placements.list({})).toReversed();
  return {
    ...uploads,
    inbox,
    warnings,
    placements,
    async send(name, content = `content of ${name}`, metadata = {}) {
      const bytes = Buffer.from(content);
      const { id } = await uploads.make({
        length: bytes.length,
        metadata: { filename: name, ...metadata },
      });
      await uploads.append(id, bytes);
      return id;
    },
    async settled() {
      await until('every delivery has been tried', async () =>
        (await placements()).every(
          ({ state, nextAt, attempts }) => nextAt === null || (state === 'pending' && attempts > 0),
        ),
      );
    },
    arrived: () => filesBelow(inbox),
    content: (path) => readFileSync(join(inbox, path), 'utf8'),
    stop,
  };
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => !statSync(join(folder, path)).isDirectory())
    .toSorted();
}
