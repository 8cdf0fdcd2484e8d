// @tus/server on node:http, with a directory of tusd-ts:
//
//     npm install @tus/server tusd-ts
//     node node-http.js
//     npx tusd-ts list --upload-dir ./uploads
//
import { createServer } from 'node:http';
import { Server } from '@tus/server';
import { openTusStore } from 'tusd-ts/tus-server';

const { PORT = '1080', UPLOAD_DIR = './uploads', HOOK_URL } = process.env;

const { datastore, locker, close } = await openTusStore({
  directory: UPLOAD_DIR,
  hooks: HOOK_URL
    ? [{ type: 'http', name: 'app', events: ['pre-create', 'post-finish'], url: HOOK_URL }]
    : [],
});
const uploads = new Server({ path: '/files', datastore, locker, relativeLocation: true });

const server = createServer(async (request, response) => {
  if (!/^\/files(\/|$)/.test(request.url)) return response.writeHead(404).end();
  try {
    await uploads.handle(request, response);
  } catch (error) {
    // @tus/server rejects, for one, when it cannot write a header. Unhandled, that ends the process.
    console.error(error);
    response.destroy();
  }
});
// Node ends a request after five minutes otherwise, and a large upload takes longer.
server.requestTimeout = 0;
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${server.address().port}/files`);
});

process.once('SIGTERM', async () => {
  server.close();
  await close();
  server.closeAllConnections();
});
