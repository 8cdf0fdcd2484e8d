import type { AddressInfo } from 'node:net';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

// @tus/server and FileStore as their README puts them together.
const directory = process.argv[2] ?? '.';

// Its GET ends the process with ERR_INVALID_STATE after the last byte was sent. Holding the process
// up is the one thing done for it here, so that its downloads can be measured at all.
process.on('uncaughtException', (error) => {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_STATE') throw error;
});

const tus = new Server({ path: '/files', datastore: new FileStore({ directory }) });
const server = tus.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`);
});
