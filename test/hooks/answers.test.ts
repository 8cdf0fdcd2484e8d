import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { headOf, Raw } from '../support/raw.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startReceiver } from './support/receiver.ts';

const ORIGIN = 'https://app.example.org';

/** A daemon whose "pre-" hooks add to every answer which event it was that they were asked for. */
async function start(t: TestContext, events: readonly string[], settings: object = {}) {
  const receiver = await startReceiver(t, ({ payload }) => ({
    body: { HTTPResponse: { StatusCode: 200, Body: 'noted', Header: { 'X-Asked': payload.Type } } },
  }));
  const folder = temporaryFolder(t);
  const file = join(folder, 'upload-daemon.config.json');
  const hooks = [{ type: 'http', name: 'notes', url: receiver.url, events }];
  writeFileSync(file, JSON.stringify({ uploadDir: join(folder, 'uploads'), hooks, ...settings }));
  return startDaemon(t, ['--config', file]);
}

async function ask(method: string, url: string, headers: Record<string, string>, body?: string) {
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      origin: ORIGIN,
      ...(body === undefined ? {} : { 'content-type': 'application/offset+octet-stream' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const location = new URL(response.headers.get('location') ?? '', url).href;
  const exposed = response.headers.get('access-control-expose-headers') ?? '';
  const pageReads = exposed.split(', ').includes('X-Asked');
  return {
    location,
    told: [response.status, text, response.headers.get('x-asked'), pageReads] as const,
  };
}

const told = (event: string) => [200, 'noted', event, true] as const;

test('what hooks add to an answer reaches the client, and a page may read it', async (t) => {
  const events = ['pre-create', 'pre-finish', 'pre-terminate'];
  const { url } = await start(t, events);
  const made = await ask('POST', url, { 'upload-length': '2' });
  assert.deepEqual(made.told, told('pre-create'));
  const finished = await ask('PATCH', made.location, { 'upload-offset': '0' }, 'ab');
  assert.deepEqual(finished.told, told('pre-finish'));
  assert.deepEqual((await ask('DELETE', made.location, {})).told, told('pre-terminate'));
});

test('what pre-create adds to its success is not said of a creation whose body breaks off', async (t) => {
  const { url } = await start(t, ['pre-create'], { idleTimeout: '1s' });
  const raw = new Raw(url).send(
    headOf('POST /uploads/files/ HTTP/1.1', {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': '1000000',
      'Content-Type': 'application/offset+octet-stream',
      'Content-Length': '1000000',
    }),
  );
  const { text, statuses } = await raw.send('some bytes').answer();
  assert.deepEqual(statuses, [408]);
  assert.doesNotMatch(text, /noted|X-Asked/);
});

for (const [event, asked] of [
  ['pre-create', 'when it is announced'],
  ['pre-finish', 'when it is joined'],
] as const) {
  test(`a final upload has its answers, too: ${asked}`, async (t) => {
    const { url } = await start(t, [event]);
    const part = { 'upload-length': '2', 'upload-concat': 'partial' };
    const parts = [await ask('POST', url, part, 'ab'), await ask('POST', url, part, 'cd')];
    const concat = `final;${parts.map(({ location }) => location).join(' ')}`;
    const final = await ask('POST', url, { 'upload-concat': concat });
    assert.deepEqual(final.told, told(event));
    assert.equal(await (await fetch(final.location)).text(), 'abcd');
  });
}
