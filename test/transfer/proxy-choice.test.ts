import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyChoice } from '../../src/transfer/http/proxy-choice.ts';
import { faultOf } from '../support/fault-of.ts';

const chosen = (env: Record<string, string>, url: string) =>
  proxyChoice(env)?.(new URL(url))?.href ?? null;

test('the environment names the proxy of an address', () => {
  assert.equal(proxyChoice({}), null);
  assert.equal(proxyChoice({ HTTP_PROXY: '', no_proxy: '*' }), null);
  for (const [env, url, proxy] of [
    [{ HTTP_PROXY: 'http://p:1' }, 'http://h/', 'http://p:1/'],
    [{ HTTP_PROXY: 'http://p:1' }, 'https://h/', null],
    [{ HTTPS_PROXY: 'http://p:1' }, 'https://h/', 'http://p:1/'],
    [{ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://p:1' }, 'https://h/', 'http://small:1/'],
    [{ ALL_PROXY: 'https://p:1' }, 'http://h/', 'https://p:1/'],
    [{ ALL_PROXY: 'http://all', HTTP_PROXY: 'http://p' }, 'https://h/', 'http://all/'],
    [{ https_proxy: 'proxy:3128' }, 'https://h/', 'http://proxy:3128/'],
    [{ http_proxy: 'http://a:b@p:1' }, 'http://h/', 'http://a:b@p:1/'],
  ] as const) {
    assert.equal(chosen(env, url), proxy, JSON.stringify([env, url]));
  }
});

test('NO_PROXY names hosts, domains, addresses and networks', () => {
  for (const [exceptions, url, without] of [
    ['*', 'http://h/', true],
    ['example.com', 'http://example.com/', true],
    ['example.com', 'http://a.EXAMPLE.com/', true],
    ['.example.com', 'http://example.com/', true],
    ['*.example.com', 'http://a.b.example.com/', true],
    ['example.com', 'http://notexample.com/', false],
    ['example.com:8080', 'http://example.com:8080/', true],
    ['example.com:8080', 'http://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['a, b  h', 'http://h/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['127.0.0.1', 'http://127.0.0.1:5/', true],
    ['127.0.0.1:6', 'http://127.0.0.1:5/', false],
    ['0.0.1', 'http://127.0.0.1/', false],
    ['[::1]', 'http://[::1]:5/', true],
    ['[::1]:5', 'http://[::1]:5/', true],
    ['::1', 'http://[::1]:5/', true],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['', 'http://h/', false],
    ['.', 'http://h/', false],
  ] as const) {
    const env = { ALL_PROXY: 'http://p/', NO_PROXY: exceptions };
    assert.equal(chosen(env, url) === null, without, JSON.stringify([exceptions, url]));
  }
});

test('a proxy that cannot be used is named without its password, and only when it is needed', async () => {
  for (const proxy of ['socks5://a:secret@p:1', 'ftp://p', 'http://[']) {
    const env = { ALL_PROXY: proxy, NO_PROXY: 'local' };
    assert.equal(chosen(env, 'http://local/'), null);
    const fault = await faultOf((async () => chosen(env, 'http://h/'))());
    assert.equal(fault.code, 'USAGE');
    assert.doesNotMatch(fault.message + fault.hint, /secret/);
  }
});
