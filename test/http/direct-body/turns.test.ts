import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bodyOf } from '../../../src/http/direct-body/direct-body.ts';
import { tapConnections } from '../../../src/http/direct-body/tap.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const SIZE = 24 * MIB;
const PIECE = Buffer.alloc(64 * 1024);

interface Feed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Sends a body, and calls `take` once the kernel takes no more of it. Resolves with the answer. */
async function feed(context: TestContext, take: (feed: Feed) => void): Promise<string> {
  let sent = 0;
  const server = createServer({ requestTimeout: 0 }, async (request, response) => {
    let before = -1;
    await until('the kernel to take no more', () => {
      const same = sent === before;
      before = sent;
      return same && sent > 0;
    });
    take({ request, response });
  });
  assert.ok(tapConnections(server, 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  context.after(() => {
    client.destroy();
    server.close();
  });
  const answer = once(client, 'data');
  client.write(`PATCH / HTTP/1.1\r\nHost: test\r\nContent-Length: ${SIZE}\r\n\r\n`);
  const more = () => {
    if (sent === SIZE) return;
    client.write(PIECE, () => {
      sent += PIECE.length;
      more();
    });
  };
  more();
  const [text] = await answer;
  return String(text);
}

test('however much of a body waits in the kernel, others get their turn', async (context) => {
  let longest = 0;
  const answer = await feed(context, ({ request, response }) => {
    let inTurn = 0;
    const turn = () => {
      longest = Math.max(longest, inTurn);
      inTurn = 0;
      if (!response.writableEnded) setImmediate(turn);
    };
    turn();
    bodyOf(request).start({
      onBytes: (chunk) => {
        inTurn += chunk.length;
        return true;
      },
      onEnd: () => response.end(),
      onBroken: () => response.destroy(),
    });
  });
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.ok(longest > 0 && longest <= 1024 * 1024, `${longest} bytes in one turn`);
});

test('a chunk has as many bytes as its sink wants, where they are there', async (context) => {
  const chunks: number[] = [];
  let offset = 0;
  const answer = await feed(context, ({ request, response }) => {
    bodyOf(request).start({
      get wanted() {
        return MIB - (offset % MIB);
      },
      onBytes: (chunk) => {
        chunks.push(chunk.length);
        offset += chunk.length;
        return true;
      },
      onEnd: () => response.end(),
      onBroken: () => response.destroy(),
    });
  });
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(offset, SIZE);
  assert.ok(chunks.includes(MIB), `chunks of ${chunks.join()} bytes`);
  let end = 0;
  const whole = chunks.every((length, index) => {
    const from = end;
    end += length;
    // What was read before the sink was there does not know of its wish.
    return index < 3 || Math.floor(from / MIB) === Math.floor((end - 1) / MIB);
  });
  assert.ok(whole, `chunks of ${chunks.join()} bytes`);
});
