import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import type { ClientCaller } from '../../src/hooks/client-request.ts';
import { listen } from '../support/listen.ts';

async function ask(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(port));
    });
    let port = 0;
    asked.on('socket', (socket) =>
      socket.on('connect', () => {
        port = socket.localPort ?? 0;
      }),
    );
    asked.on('error', reject).end();
  });
}

for (const [host, name] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::', '127.0.0.1'],
] as const) {
  test(`the port of a client is known when it connects itself (listening on ${host})`, async (t) => {
    const callers: ClientCaller[] = [];
    const { url } = await listen(
      t,
      async ({ caller, response }) => {
        callers.push(caller);
        response.end();
      },
      { host, trustedProxies: ['127.0.0.1'] },
    );
    const port = await ask(url.replace(/\/\/[^/]+:/, `//${name}:`));
    assert.equal(callers[0]?.origin.address, '127.0.0.1');
    assert.equal(callers[0]?.request.facts.port, port);
    await ask(url, { 'X-Forwarded-For': '203.0.113.9' });
    assert.equal(callers[1]?.origin.address, '203.0.113.9');
    assert.equal(callers[1]?.request.facts.port, 0, "a proxy's port is not its client's");
  });
}
