import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** Passes everything on to a port of this machine, and counts what clients ask. */
export interface CountingRelay {
  readonly port: number;
  /** How often each thing was asked since `forget`. */
  readonly counts: ReadonlyMap<string, number>;
  forget(): void;
}

/** Finds what is asked in the bytes of one connection as they come. */
type Counter = (chunk: Buffer, asked: (what: string) => void) => void;

/** Counts requests of HTTP by their methods. A client sends the next one when it has the answer. */
export function countHttp(t: Pick<TestContext, 'after'>, port: number): Promise<CountingRelay> {
  const head = /^([A-Z]+) \S+ HTTP\/1\.1\r\n/;
  return relay(t, port, () => (chunk, asked) => {
    const [, method] = head.exec(chunk.subarray(0, 4096).toString('latin1')) ?? [];
    if (method !== undefined) asked(method);
  });
}

/** Counts round trips to PostgreSQL: what the server answers with ReadyForQuery. */
export function countSql(t: Pick<TestContext, 'after'>, port: number): Promise<CountingRelay> {
  return relay(t, port, () => {
    let rest = Buffer.alloc(0);
    // The first message of a connection has no type.
    let typed = false;
    return (chunk, asked) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const at = typed ? 1 : 0;
        if (rest.length < at + 4) return;
        const end = at + rest.readInt32BE(at);
        if (rest.length < end) return;
        const type = typed ? String.fromCharCode(rest[0]!) : '';
        if (type === 'S' || type === 'Q') asked('round trip');
        typed = true;
        rest = rest.subarray(end);
      }
    };
  });
}

async function relay(
  t: Pick<TestContext, 'after'>,
  target: number,
  newCounter: () => Counter,
): Promise<CountingRelay> {
  const counts = new Map<string, number>();
  const asked = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    const count = newCounter();
    near.on('data', (chunk) => count(chunk, asked));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.setNoDelay();
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, counts, forget: () => counts.clear() };
}
