/**
 * @tus/server with @tus/file-store, as its README sets it up, in a process of its own: some of what
 * the suite asks ends it. Arguments: port, folder, milliseconds until uploads expire, maximal size.
 */
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { listen } from './listen.ts';

const [port = '0', folder = 'files', expiryMs = '0', maxSize = '0'] = process.argv.slice(2);

const server = new Server({
  path: '/files',
  datastore: new FileStore({
    directory: folder,
    expirationPeriodInMilliseconds: Number(expiryMs),
  }),
  maxSize: Number(maxSize),
  relativeLocation: true,
});

listen(server, Number(port));
