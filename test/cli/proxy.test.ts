import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from '../support/certificate.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { makeFile } from '../support/files.ts';
import { startProxy } from '../support/proxy.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { type TransferPlace, transferPlace } from '../support/transfer.ts';

const runner = ({ folder, state }: TransferPlace) => {
  const own = { XDG_STATE_HOME: state, TUSD_TS_TOKEN: '', LANG: 'C.UTF-8' };
  return (args: string[], env: Record<string, string>) =>
    runCommand(args, { cwd: folder, env: { ...own, ...env } });
};

test('put and get go through the proxy of the environment, and NO_PROXY around it', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const proxy = await startProxy(t);
  const place = transferPlace(t);
  const run = runner(place);
  await makeFile(place.folder, 'a.bin', 9_000_000);
  const env = { http_proxy: `http://anna:p%40ss@127.0.0.1:${proxy.port}` };
  const put = await run(['put', 'a.bin', daemon.url], env);
  assert.equal(put.code, 0, put.stderr);
  const get = await run(['get', put.stdout.trim(), 'b.bin'], env);
  assert.equal(get.code, 0, get.stderr);
  const [sent, fetched] = ['a.bin', 'b.bin'].map((name) => readFileSync(join(place.folder, name)));
  assert.ok(sent!.equals(fetched!));
  const methods = new Set(proxy.seen.map((line) => line.split(' ')[0]));
  assert.deepEqual([...methods].sort(), ['GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST']);
  assert.ok(
    proxy.seen.every((line) => line.includes(` ${daemon.url}`)),
    proxy.seen.join('\n'),
  );
  const login = `Basic ${Buffer.from('anna:p@ss').toString('base64')}`;
  assert.deepEqual([...proxy.logins], [login]);

  proxy.seen.length = 0;
  const around = { ...env, NO_PROXY: '127.0.0.0/8' };
  assert.equal((await run(['put', '--fresh', 'a.bin', daemon.url], around)).code, 0);
  assert.deepEqual(proxy.seen, []);
});

test(
  'an https address is reached by CONNECT, with the authorities of --cacert',
  needing('openssl'),
  async (t) => {
    const cwd = temporaryFolder(t);
    const { cert, key } = makeCertificate(cwd, 'own', ['uploads.test']);
    const tls = ['--tls-certificate', cert, '--tls-key', key];
    const daemon = await startDaemon(t, [...tls, '--upload-dir', join(cwd, 'uploads')], { cwd });
    const proxy = await startProxy(t);
    const place = transferPlace(t);
    const run = runner(place);
    await makeFile(place.folder, 'a.bin', 3_000_000);
    // Only the proxy knows where that is.
    const { port } = new URL(daemon.url);
    const url = `https://uploads.test:${port}/uploads/files/`;
    const env = { HTTPS_PROXY: `127.0.0.1:${proxy.port}` };
    const put = await run(['put', 'a.bin', url, '--cacert', cert, '--token', 'x'], env);
    assert.equal(put.code, 0, put.stderr);
    assert.deepEqual([...new Set(proxy.seen)], [`CONNECT uploads.test:${port}`]);
    const distrusted = await run(['put', '--fresh', 'a.bin', url], env);
    assert.equal(distrusted.code, 76);
    assert.match(distrusted.stderr, /certificate is not accepted/);
  },
);

test('what is wrong with a proxy is said of the proxy', async (t) => {
  const place = transferPlace(t);
  const run = runner(place);
  await makeFile(place.folder, 'a.bin', 10);
  const wantsLogin = await startProxy(t, 407);
  for (const [proxy, code, message, url] of [
    [`http://127.0.0.1:${wantsLogin.port}`, 77, /answered 407[\s\S]*wants a login/, 'http://h/'],
    [`http://127.0.0.1:${wantsLogin.port}`, 77, /answered 407[\s\S]*wants a login/, 'https://h/'],
    [
      'http://127.0.0.1:1',
      75,
      /h through the proxy 127\.0\.0\.1:1: nothing listens there/,
      'http://h/',
    ],
    ['http://127.0.0.1:1', 75, /h through the proxy 127\.0\.0\.1:1: nothing listens/, 'https://h/'],
    ['socks5://127.0.0.1:1', 64, /the proxy in the environment begins with socks5/, 'http://h/'],
  ] as const) {
    const { code: seen, stderr } = await run(['put', 'a.bin', url, '--retry-for', '1s'], {
      ALL_PROXY: proxy,
    });
    assert.equal(seen, code, stderr);
    assert.match(stderr, message);
  }
});
