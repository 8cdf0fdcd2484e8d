/**
 * @tus/server as its README sets it up, but with the storage of tusd-ts in place of a file store, in
 * a process of its own. Arguments: port, folder, days until uploads expire, maximal size, milliseconds
 * that a body may be silent.
 */
import { Server } from '@tus/server';
import { openTusStore } from '../../src/embedded/tus-server.ts';
import { listen } from './listen.ts';

const [port = '0', folder = 'files', retentionDays = '1', maxSize = '0', idleMs = '60000'] =
  process.argv.slice(2);

const { datastore, locker } = await openTusStore({
  directory: folder,
  retentionDays: Number(retentionDays),
  maxSize: Number(maxSize),
  idleTimeout: `${idleMs}ms`,
});
const server = new Server({
  path: '/files',
  datastore,
  locker,
  maxSize: Number(maxSize),
  relativeLocation: true,
});

listen(server, Number(port));
