import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { bodyOf } from '../../../src/http/direct-body/direct-body.ts';
import { tapConnections } from '../../../src/http/direct-body/tap.ts';
import { until } from '../../support/until.ts';

const SIZE = 24 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024);

test('however much of a body waits in the kernel, others get their turn', async (context) => {
  let sent = 0;
  let longest = 0;
  const server = createServer({ requestTimeout: 0 }, async (request, response) => {
    let before = -1;
    await until('the kernel to take no more', () => {
      const same = sent === before;
      before = sent;
      return same && sent > 0;
    });
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
  assert.match(String(text), /^HTTP\/1\.1 200 /);
  assert.ok(longest > 0 && longest <= 1024 * 1024, `${longest} bytes in one turn`);
});
