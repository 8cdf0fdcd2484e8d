/**
 * @tus/server with @tus/file-store, as its README sets it up, in a process of its own: some of what
 * the suite asks ends it. Arguments: port, folder, milliseconds until uploads expire, maximal size.
 */
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

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

const listening = server.listen({ host: '127.0.0.1', port: Number(port) }, () => {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  console.log(`ready at http://127.0.0.1:${address.port}/files `);
});

process.on('message', async () => {
  await server.cleanUpExpiredUploads();
  process.send?.('swept');
});
process.on('disconnect', () => process.exit(0));
