import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PostgresServer } from './postgres.ts';

/** Stands between a program and PostgreSQL, and breaks connections at the worst moment. */
export interface LosingProxy {
  /** The URL of the same database by way of the proxy. */
  url(database: string): string;
  /**
   * The next request that has this text is done by the server, and its answer is lost together with the
   * connection. Resolves when that has happened.
   */
  loseAnswer(text?: string): Promise<void>;
  /** The next request that has this text reaches the server, and its connection is cut then. */
  cutAfter(text: string): void;
  /** Nothing passes any more, on connections old and new, until `pass`. */
  hold(): void;
  pass(): void;
}

/** The message at the end of each request. */
const SYNC = Buffer.from('S\0\0\0\x04', 'latin1');

export async function losingProxy(t: TestContext, server: PostgresServer): Promise<LosingProxy> {
  let awaited: { readonly text: string; readonly lost: () => void } | undefined;
  let cutting: string | undefined;
  let held = false;
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(join(server.folder, '.s.PGSQL.5432'));
    let losing: (() => void) | undefined;
    let ending = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        if (!upstream.writableEnded) upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (held) return;
      if (awaited && chunk.includes(awaited.text)) {
        losing = awaited.lost;
        awaited = undefined;
      }
      upstream.write(chunk);
      if (cutting !== undefined && chunk.includes(cutting)) {
        cutting = undefined;
        ending = true;
      }
      if (!ending || !chunk.subarray(-SYNC.length).equals(SYNC)) return;
      // What was written is sent.
      upstream.end();
      client.destroy();
    });
    upstream.on('data', (chunk) => {
      if (held) return;
      if (!losing) client.write(chunk);
      else {
        client.destroy();
        losing();
      }
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  return {
    url(database) {
      const url = new URL(database.replace('@/', `@127.0.0.1:${port}/`));
      url.searchParams.delete('host');
      return url.href;
    },
    loseAnswer: (text = '') =>
      new Promise((lost) => {
        awaited = { text, lost };
      }),
    cutAfter(text) {
      cutting = text;
    },
    hold() {
      held = true;
    },
    pass() {
      held = false;
    },
  };
}
