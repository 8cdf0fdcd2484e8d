import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A receiver as one writes it for tusd, version 2: it takes images alone, gives every upload an id of
 * its own choice, and knows nothing of what this program adds. Returns its URL and the names of the
 * files that have arrived.
 */
export async function startTusdReceiver(test: Pick<TestContext, 'after'>) {
  const arrived: string[] = [];
  let ids = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const more of request.setEncoding('utf8')) text += more;
    const { Type, Event } = JSON.parse(text);
    const answer: Record<string, unknown> = {};
    if (Type === 'pre-create') {
      const { filetype = '', filename } = Event.Upload.MetaData;
      if (!filetype.startsWith('image/')) {
        answer.RejectUpload = true;
        answer.HTTPResponse = {
          StatusCode: 415,
          Body: JSON.stringify({ message: `${filename} is not an image` }),
          Header: { 'Content-Type': 'application/json' },
        };
      } else {
        ids += 1;
        answer.ChangeFileInfo = { ID: `image-${ids}`, MetaData: { ...Event.Upload.MetaData } };
      }
    }
    if (Type === 'post-finish') arrived.push(Event.Upload.MetaData.filename);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, arrived };
}
