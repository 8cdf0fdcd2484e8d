import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DefaultHttpStack } from 'tus-js-client';
import { startDaemon } from '../../support/command.ts';
import { makeFile, sha256Of, sha256OfFile } from '../../support/files.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { uploadAll, uploadUntil } from '../../support/tus-client.ts';
import { until } from '../../support/until.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { type ClientOptions, type Sending, send } from './client.ts';
import type { ProxyServer } from './proxy.ts';

const MIB = 1024 * 1024;
const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };

export interface Upstream {
  readonly port: number;
  readonly certificate: Certificate;
  readonly folder: string;
}

/** Everything that must go through a proxy with the configuration that deploy/ has for it. */
export async function behindProxy(
  t: TestContext,
  start: (t: TestContext, upstream: Upstream) => Promise<ProxyServer>,
): Promise<void> {
  const uploads = temporaryFolder(t);
  const files = temporaryFolder(t);
  const certificate = makeCertificate(temporaryFolder(t));
  const daemon = await startDaemon(t, [
    ...['--upload-dir', uploads, '--trusted-proxy', '127.0.0.1', '--max-size', '32MiB'],
    ...['--log-format', 'json'],
  ]);
  const port = Number(new URL(daemon.url).port);
  const proxy = await start(t, { port, certificate, folder: temporaryFolder(t) });
  const { ca } = certificate;
  const agent = new Agent({ ca, keepAlive: true });
  t.after(() => agent.destroy());
  const tus = { endpoint: proxy.url, httpStack: new DefaultHttpStack({ agent }) };
  const large = await makeFile(files, 'large.bin', 12 * MIB);

  const ask = (
    sending: Omit<Sending, 'url'> & { url?: string },
    options?: Partial<ClientOptions>,
  ) => send({ url: proxy.url, ...sending }, { ca, http: 1, ...options });
  async function create(length: number, headers = {}, options?: Partial<ClientOptions>) {
    const all = { ...TUS, 'Upload-Length': String(length), ...headers };
    const made = await ask({ method: 'POST', headers: all }, options);
    assert.equal(made.status, 201, made.body.toString());
    return String(made.headers.location);
  }
  const patch = (url: string, offset: number, body: Buffer, options?: Partial<ClientOptions>) =>
    ask(
      { method: 'PATCH', url, headers: { ...BYTES, 'Upload-Offset': String(offset) }, body },
      options,
    );
  const idOf = (url: string) => url.split('/').at(-1) ?? '';
  const pathOf = (url: string) => join(uploads, 'tus', idOf(url));
  async function assertArrived(url: string): Promise<void> {
    assert.ok(url.startsWith(proxy.url), url);
    assert.equal(await sha256OfFile(pathOf(url)), large.sha256);
  }
  /** The daemon's log line of a request, once it is there. */
  const logged = (method: string, url: string) =>
    until(`a log line for ${method} ${url}`, () => {
      const lines = daemon.output().split('\n');
      const requests = lines.filter((line) => line.includes('"type":"request"'));
      return requests
        .map((line) => JSON.parse(line))
        .find((request) => request.method === method && request.id === idOf(url));
    });

  await t.test('tus-js-client uploads a file, and it can be downloaded', async () => {
    const url = await uploadAll(large, tus);
    await assertArrived(url);
    const got = await ask({ method: 'GET', url });
    assert.deepEqual([got.status, sha256Of(got.body)], [200, large.sha256]);
    const part = await ask({ method: 'GET', url, headers: { Range: 'bytes=5-9' } }, { http: 2 });
    assert.deepEqual([part.status, part.body.length], [206, 5]);
  });

  await t.test('a final upload of many parts gets through with its long headers', async () => {
    const parts: string[] = [];
    for (let count = 0; count < 120; count += 1) {
      parts.push(await create(0, { 'Upload-Concat': 'partial' }));
    }
    const concat = `final;${parts.join(' ')}`;
    const headers = { ...TUS, 'Upload-Concat': concat };
    const made = await ask({ method: 'POST', headers });
    assert.equal(made.status, 201, made.body.toString());
    assert.ok(concat.length > 8_192);
  });

  await t.test('tus-js-client uploads a file in four parallel parts', async () => {
    await assertArrived(await uploadAll(large, { ...tus, parallelUploads: 4 }));
  });

  await t.test('an upload whose connection was cut is resumed where it stopped', async () => {
    const url = await uploadUntil(large, 4 * MIB, tus);
    assert.equal((await logged('PATCH', url)).status, null);
    const looked = await ask({ method: 'HEAD', url, headers: TUS });
    const cut = Number(looked.headers['upload-offset']);
    assert.ok(cut > 0 && cut < large.size, `${cut}`);
    const offsets: (string | undefined)[] = [];
    await uploadAll(large, {
      ...{ ...tus, uploadUrl: url },
      onBeforeRequest: (request) => {
        if (request.getMethod() === 'PATCH') offsets.push(request.getHeader('Upload-Offset'));
      },
    });
    assert.deepEqual(offsets.map(Number), [cut]);
    await assertArrived(url);
  });

  await t.test('bytes reach the daemon while the client still sends', async () => {
    const url = await create(2 * MIB);
    const half = Buffer.alloc(MIB, 1);
    const headers = { ...BYTES, 'Upload-Offset': '0', 'Content-Length': 2 * MIB };
    const sending = request(url, { method: 'PATCH', headers, agent });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      sending.once('error', reject);
      sending.once('response', (response) => resolve(response.resume().statusCode));
    });
    sending.write(half);
    await until(
      'most of the first half is on the disk',
      () => statSync(pathOf(url)).size >= MIB / 2,
    );
    sending.end(half);
    assert.equal(await answered, 204);
  });

  for (const http of [1, 2] as const) {
    await t.test(`refusals arrive as such while 4 MiB are sent, over HTTP/${http}`, async () => {
      const body = Buffer.alloc(4 * MIB);
      const url = await create(5 * MIB);
      const small = await create(10);
      const tooLong = { ...BYTES, 'Upload-Length': String(64 * MIB) };
      for (let round = 0; round < 5; round += 1) {
        const answers = [
          await patch(url, 7, body, { http }),
          await patch(small, 0, body, { http }),
          await patch(`${url}x`, 0, body, { http }),
          await ask(
            { method: 'PATCH', url, headers: { ...TUS, 'Upload-Offset': '0' }, body },
            { http },
          ),
          await ask({ method: 'POST', headers: tooLong, body }, { http }),
        ];
        assert.deepEqual(
          answers.map(({ status }) => status),
          [409, 413, 404, 415, 413],
        );
      }
      assert.equal((await patch(url, 0, Buffer.alloc(5 * MIB), { http })).status, 204);
    });
  }

  await t.test(
    'Location and the client come from the proxy, not from what a client says',
    async () => {
      const lies = {
        Forwarded: 'for=10.9.9.9;host=evil.example;proto=http',
        'X-Forwarded-For': '10.9.9.9',
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-Port': '99',
        'X-Forwarded-Prefix': '/evil',
      };
      for (const http of [1, 2] as const) {
        // The proxy itself is 127.0.0.1 to the daemon.
        for (const from of ['127.0.0.2', '::1']) {
          for (const headers of [{}, lies]) {
            const url = await create(10, headers, { http, from });
            assert.ok(url.startsWith(proxy.url), `HTTP/${http} from ${from}: ${url}`);
            assert.equal((await logged('POST', url)).address, from);
          }
        }
      }
    },
  );

  await t.test('an upload can be made at the base path without its last slash', async () => {
    const headers = { ...TUS, 'Upload-Length': '0' };
    const made = await ask({ method: 'POST', url: proxy.url.slice(0, -1), headers });
    assert.equal(made.status, 201);
    assert.ok(String(made.headers.location).startsWith(proxy.url));
  });

  assert.equal(await daemon.stop(), 0);
}
