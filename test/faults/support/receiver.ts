import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** The events that a hook received. */
export interface Told {
  readonly event: string;
  readonly upload: string;
}

export interface Receiver {
  readonly url: string;
  /** By the event's id, which further attempts have as well, in the order of the first attempts. */
  readonly told: ReadonlyMap<string, Told>;
}

/** A webhook's receiver that takes everything; gone when the test ends. */
export async function listen(test: Pick<TestContext, 'after'>): Promise<Receiver> {
  const told = new Map<string, Told>();
  const server = createServer(async (request, response) => {
    const payload = await json(request).catch(() => null);
    // A daemon that is killed while it tells something tells it again.
    if (payload === null) return response.destroy();
    const { ID, Type, Event } = payload as {
      ID: string;
      Type: string;
      Event: { Upload: { ID: string } };
    };
    told.set(ID, { event: Type, upload: Event.Upload.ID });
    return response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}
