import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sentBody } from '../../../../src/storage/bytes/s3/sdk/sent-body.ts';
import { until } from '../../../support/until.ts';

const BLOCK = 256 * 1024;
const BLOCKS = 40;

async function serverOf(t: TestContext, take: (got: IncomingMessage) => Promise<void>) {
  const server = createServer(async (got, answer) => {
    await take(got).catch(() => {});
    answer.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A body whose blocks use few pieces of memory again and again, and scribble into those given back. */
function bodyIn(blocks = BLOCKS) {
  const free: Buffer[] = [];
  const state = { made: 0, out: 0, ended: false };
  const body = {
    size: blocks * BLOCK,
    sha256: '',
    async *bytes() {
      try {
        for (let index = 0; index < blocks; index += 1) {
          let block = free.pop();
          if (!block) {
            block = Buffer.alloc(BLOCK);
            state.made += 1;
          }
          state.out += 1;
          yield block.fill(index);
        }
      } finally {
        state.ended = true;
      }
    },
    sent(block: Uint8Array) {
      state.out -= 1;
      free.push(Buffer.from(block.buffer, block.byteOffset, block.byteLength).fill(0xee));
    },
  };
  return { body, state };
}

function put(port: number, length: number) {
  return request({ port, host: '127.0.0.1', method: 'PUT', headers: { 'Content-Length': length } });
}

test('the memory of a block is used again, and not before it was sent', async (t) => {
  const hash = createHash('sha256');
  const port = await serverOf(t, async (got) => {
    for await (const chunk of got) {
      hash.update(chunk);
      await pause(0);
    }
  });
  const { body, state } = bodyIn();
  const outgoing = put(port, body.size);
  sentBody(body).pipe(outgoing);
  const [answer] = await once(outgoing, 'response');
  assert.equal(answer.statusCode, 200);
  const expected = createHash('sha256');
  for (let index = 0; index < BLOCKS; index += 1) expected.update(Buffer.alloc(BLOCK, index));
  assert.equal(hash.digest('hex'), expected.digest('hex'));
  assert.equal(state.out, 0);
  assert.ok(state.made < 5, `${state.made} pieces of memory`);
});

test('a request that breaks ends the reading', async (t) => {
  const port = await serverOf(t, () => new Promise(() => {}));
  // More than the system takes in.
  const { body, state } = bodyIn(400);
  const outgoing = put(port, body.size);
  outgoing.on('error', () => {});
  sentBody(body).pipe(outgoing);
  await until('the socket is full', () => outgoing.writableNeedDrain && state.made > 0);
  outgoing.destroy();
  await until('the reading has ended', () => state.ended);
});

test('a body that cannot be read breaks its request', async (t) => {
  const port = await serverOf(t, async (got) => {
    for await (const _ of got);
  });
  const body = {
    size: BLOCK,
    sha256: '',
    async *bytes() {
      yield Buffer.alloc(1);
      throw new Error('the file is gone');
    },
  };
  const outgoing = put(port, body.size);
  sentBody(body).pipe(outgoing);
  const [error] = await once(outgoing, 'error');
  assert.equal(error.message, 'the file is gone');
});
