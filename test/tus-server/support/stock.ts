import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Server, type ServerOptions } from '@tus/server';
import {
  openTusStore,
  type TusStore,
  type TusStoreOptions,
} from '../../../src/embedded/tus-server.ts';
import { temporaryFolder } from '../../support/temporary.ts';

export interface StockServer {
  /** Where uploads are created. */
  readonly url: string;
  readonly folder: string;
  readonly tus: TusStore;
  /** What the store has told to be read by a sysadmin. */
  readonly log: string[];
}

/** @tus/server as an application mounts it, on our storage, in this process. */
export async function startStock(
  test: TestContext,
  options: Partial<TusStoreOptions> = {},
  serverOptions: Partial<ServerOptions> = {},
): Promise<StockServer> {
  const folder = options.directory ?? temporaryFolder(test);
  const log: string[] = [];
  const tus = await openTusStore({
    directory: folder,
    cleanupSchedule: 'never',
    fsync: 'never',
    drainTimeout: '0s',
    log: (level, message) => log.push(`${level}: ${message}`),
    ...options,
  });
  test.after(() => tus.close());
  const { datastore, locker } = tus;
  const stock = new Server({
    path: '/files',
    datastore,
    locker,
    relativeLocation: true,
    lockDrainTimeout: 100,
    ...serverOptions,
  });
  const server = createServer((request, response) => {
    stock.handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/files`, folder, tus, log };
}
