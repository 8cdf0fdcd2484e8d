import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { until } from '../../support/until.ts';

/** What a hook was told, in the order of its first attempts. */
export interface EventLog {
  readonly url: string;
  /** The events of an upload, each once: a repeated attempt has the id of the first. */
  of(upload: string): readonly string[];
}

/** Listens to a hook until the test ends. */
export async function listenInOrder(t: Pick<TestContext, 'after'>): Promise<EventLog> {
  const seen = new Set<string>();
  const byUpload = new Map<string, string[]>();
  const server = createServer(async (request, response) => {
    const payload = await json(request).catch(() => null);
    // Of a daemon that was killed meanwhile.
    if (payload === null) return response.destroy();
    const { ID, Type, Event } = payload as {
      ID: string;
      Type: string;
      Event: { Upload: { ID: string } };
    };
    if (!seen.has(ID)) {
      seen.add(ID);
      const { ID: upload } = Event.Upload;
      byUpload.set(upload, [...(byUpload.get(upload) ?? []), Type]);
    }
    return response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await until('the receiver listens', () => server.listening);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, of: (upload) => byUpload.get(upload) ?? [] };
}
