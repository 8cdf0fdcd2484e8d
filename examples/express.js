// An Express application that takes resumable uploads with @tus/server, into a directory of tusd-ts:
//
//     npm install express @tus/server tusd-ts
//     node express.js
//     npx tusd-ts list --upload-dir ./uploads
//
import { Server } from '@tus/server';
import express from 'express';
import { openTusStore } from 'tusd-ts/tus-server';

const { PORT = '1080', UPLOAD_DIR = './uploads', HOOK_URL } = process.env;

const tus = await openTusStore({
  directory: UPLOAD_DIR,
  retentionDays: 2,
  hooks: HOOK_URL
    ? [{ type: 'http', name: 'app', events: ['pre-create', 'post-finish'], url: HOOK_URL }]
    : [],
  // Behind a proxy: app.set('trust proxy', …), and what Express makes of it.
  clientAddress: (request) => request.runtime?.node?.req.ip,
});
const uploads = new Server({
  path: '/files',
  datastore: tus.datastore,
  locker: tus.locker,
  relativeLocation: true,
});

const app = express();
app.get('/', (_request, response) => response.send('Upload to /files with any tus client.\n'));
app.all(['/files', '/files/:id'], (request, response, next) => {
  // Express gives a HEAD to the routes of GET, too, so this one stands before them.
  if (request.method === 'GET') next();
  else return uploads.handle(request, response);
});
// A download is the application's own: it knows who may have which file.
app.get('/files/:id', async (request, response) => {
  const file = await tus.finishedFile(request.params.id);
  if (file === undefined) response.status(404).end();
  else response.sendFile(file, { dotfiles: 'allow' });
});

const listener = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${listener.address().port}/files`);
});

process.once('SIGTERM', async () => {
  listener.close();
  await tus.close();
  listener.closeAllConnections();
});
