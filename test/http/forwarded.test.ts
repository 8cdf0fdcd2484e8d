import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress, TrustedProxies } from '../../src/http/client/client-address.ts';
import { listen, saying } from '../support/listen.ts';

const TRUSTED = ['10.0.0.0/8', '2001:db8::/32'];

function ask(headers: Record<string, string>, trusted = TRUSTED) {
  const request = { socket: { remoteAddress: '10.0.0.6' }, headers } as unknown as IncomingMessage;
  return clientAddress(request, new TrustedProxies(trusted));
}

test('a port behind a forwarded address is left out', () => {
  const through = (list: string) => ask({ 'x-forwarded-for': list }).address;
  assert.equal(through('203.0.113.9:5678'), '203.0.113.9');
  assert.equal(through('[2001:db9::1]:1234'), '2001:db9::1');
  assert.equal(through('[2001:db9::1]'), '2001:db9::1');
  assert.equal(through('2001:db9::1'), '2001:db9::1');
  assert.equal(through('"[2001:db9::1]:1234"'), '2001:db9::1');
  assert.equal(through('::ffff:203.0.113.9'), '203.0.113.9');
  assert.equal(through('[::ffff:203.0.113.9]:80'), '203.0.113.9');
  assert.equal(through('6.6.6.6:1, 203.0.113.9:5678, 10.1.1.1:80'), '203.0.113.9');
  assert.equal(through('unknown'), '10.0.0.6');
  assert.equal(through('203.0.113.9:port:5'), '10.0.0.6');
});

test('X-Forwarded-Port is the port, unless the host has one or the scheme implies it', () => {
  const host = (proto: string, port: string, name: string) =>
    ask({ 'x-forwarded-proto': proto, 'x-forwarded-port': port, 'x-forwarded-host': name })
      .forwarded?.host;
  assert.equal(host('https', '8443', 'a.example'), 'a.example:8443');
  assert.equal(host('https', '443', 'a.example'), 'a.example');
  assert.equal(host('http', '80', 'a.example'), 'a.example');
  assert.equal(host('http', '443', 'a.example'), 'a.example:443');
  assert.equal(host('https', '8443', '[::1]'), '[::1]:8443');
  assert.equal(host('https', '9000', 'a.example:8443'), 'a.example:8443');
  for (const port of ['0', '99999', 'x', '-1', '080', '1;2']) {
    assert.equal(host('https', port, 'a.example'), 'a.example', port);
  }
  const own = ask({ host: 'b.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '8443' });
  assert.equal(own.forwarded?.host, 'b.example:8443');
});

test('X-Forwarded-Prefix is a plain path, or nothing', () => {
  const prefix = (text: string) => ask({ 'x-forwarded-prefix': text }).prefix;
  assert.equal(prefix('/app'), '/app');
  assert.equal(prefix('/app/'), '/app');
  assert.equal(prefix('/a/b-c_d~e'), '/a/b-c_d~e');
  assert.equal(prefix('/outer, /inner'), '/outer/inner');
  assert.equal(prefix('/'), '');
  for (const bad of [
    ...[
      'app',
      '//evil.example',
      '/..',
      '/a/../b',
      '/.',
      '/a//b',
      '/a?b',
      '/a#b',
      '/a b',
      '/%2e%2e',
    ],
    ...['/a\\b', 'https://evil.example', '/a<b', '/outer, //evil.example'],
  ]) {
    assert.equal(prefix(bad), '', bad);
  }
});

test('Forwarded means the same as the X-Forwarded headers (RFC 7239)', () => {
  const said = (forwarded: string) => {
    const { address, forwarded: url } = ask({ forwarded, host: 'inner.example' });
    return [address, url && `${url.proto}://${url.host}`];
  };
  assert.deepEqual(said('for=203.0.113.9;proto=https;host=a.example'), [
    '203.0.113.9',
    'https://a.example',
  ]);
  assert.deepEqual(said('For="[2001:db9::1]:4711"; Proto=HTTPS ;HOST="a.example:8443"'), [
    '2001:db9::1',
    'https://a.example:8443',
  ]);
  assert.deepEqual(said('for="203.0.113.9:80";proto=http'), [
    '203.0.113.9',
    'http://inner.example',
  ]);
  assert.deepEqual(said('for=203.0.113.9:80'), ['203.0.113.9', null], 'without its quotes');
  assert.deepEqual(said('for="203.0.113\\.9"'), ['203.0.113.9', null], 'escaped');
  assert.deepEqual(said('by=10.0.0.6, for=203.0.113.9'), ['203.0.113.9', null]);
});

test('the hops of Forwarded are believed as far as they are trusted', () => {
  const said = (forwarded: string) => {
    const { address, forwarded: url } = ask({ forwarded });
    return [address, url && `${url.proto}://${url.host}`];
  };
  assert.deepEqual(
    said(
      'for=6.6.6.6;proto=http;host=evil, for=203.0.113.9;proto=https;host=a, for=10.1.1.1;proto=http;host=b',
    ),
    ['203.0.113.9', 'https://a'],
  );
  for (const hidden of ['_hidden', 'unknown', '"_SEVKISEK:_port"']) {
    assert.deepEqual(said(`for=6.6.6.6, for=${hidden};proto=https;host=a, for=10.1.1.1`), [
      '10.1.1.1',
      'https://a',
    ]);
  }
});

test('a malformed Forwarded is ignored', () => {
  for (const forwarded of [
    ...[
      'for',
      'for=',
      'for="203.0.113.9',
      'for=203.0.113.9;for=6.6.6.6',
      'for=a b',
      '=x',
      'for = x',
    ],
    ...['for=203.0.113.9 proto=https', '"', ';', ',', ',,;;'],
  ]) {
    const { address, forwarded: url } = ask({ forwarded, host: 'a' });
    assert.deepEqual([address, url], ['10.0.0.6', null], forwarded);
  }
  assert.equal(ask({ forwarded: ', for=203.0.113.9 , ' }).address, '203.0.113.9');
  const long = `for="${'\\a'.repeat(4_000)}`;
  assert.equal(ask({ forwarded: long }).address, '10.0.0.6');
});

test('where both kinds are there, the X-Forwarded headers count', () => {
  const forwarded = 'for=6.6.6.6;proto=http;host=evil.example';
  const both = ask({
    forwarded,
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'a.example',
  });
  assert.deepEqual(
    [both.address, both.forwarded],
    ['203.0.113.9', { proto: 'https', host: 'a.example' }],
  );
  const proto = ask({ forwarded, 'x-forwarded-proto': 'https', host: 'b.example' });
  assert.deepEqual([proto.address, proto.forwarded?.host], ['10.0.0.6', 'b.example']);
});

test('lists of schemes and hosts go with the addresses of the same hop', () => {
  const { address, forwarded } = ask({
    'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.1.1',
    'x-forwarded-proto': 'javascript, https, http',
    'x-forwarded-host': 'evil.example, a.example, b.example',
  });
  assert.equal(address, '203.0.113.9');
  assert.deepEqual(forwarded, { proto: 'https', host: 'a.example' });
});

test('forwarding headers of untrusted peers are ignored', () => {
  const headers = {
    forwarded: 'for=203.0.113.9;proto=https;host=a',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-port': '1',
  };
  const own = { address: '10.0.0.6', forwarded: null, prefix: '', trusted: false };
  assert.deepEqual(ask(headers, ['192.168.0.0/16']), own);
});

test('Location has the scheme, host, port and prefix that the client asked for', async (t) => {
  const location = saying(({ urlOf }) => urlOf('x'));
  const told = async (headers: Record<string, string>, options: Parameters<typeof listen>[2]) => {
    const { url } = await listen(t, location, options);
    return (await fetch(url, { method: 'POST', headers })).text();
  };
  const trusted = { trustedProxies: ['127.0.0.1'] };
  const all = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'a.example',
    'X-Forwarded-Port': '8443',
    'X-Forwarded-Prefix': '/app',
  };
  assert.equal(await told(all, trusted), 'https://a.example:8443/app/uploads/files/x');
  assert.equal(await told({ 'X-Forwarded-Prefix': '/app' }, trusted), '/app/uploads/files/x');
  const standard = { Forwarded: 'for=1.2.3.4;proto=https;host="a.example:8443"' };
  assert.equal(await told(standard, trusted), 'https://a.example:8443/uploads/files/x');
  assert.equal(await told(all, {}), '/uploads/files/x');
  const publicUrl = 'https://b.example/up/';
  assert.equal(await told(all, { ...trusted, publicUrl }), `${publicUrl}x`);
});

test('a peer that is not trusted and sends forwarding headers is logged once', async (t) => {
  const ignored: string[] = [];
  const says = saying(() => '');
  const onForwardedIgnored = (address: string) => ignored.push(address);
  const names = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host'];
  for (const name of [...names, 'X-Forwarded-Port', 'X-Forwarded-Prefix']) {
    const { url } = await listen(t, says, { onForwardedIgnored, trustedProxies: ['10.0.0.1'] });
    await fetch(url, { method: 'POST' });
    assert.deepEqual(ignored, []);
    await fetch(url, { method: 'POST', headers: { [name]: 'x' } });
    await fetch(url, { method: 'POST', headers: { [name]: 'x' } });
    assert.deepEqual(ignored.splice(0), ['127.0.0.1'], name);
  }
  const trusted = { onForwardedIgnored, trustedProxies: ['127.0.0.1'] };
  const { url } = await listen(t, says, trusted);
  await fetch(url, { method: 'POST', headers: { 'X-Forwarded-For': '1.2.3.4' } });
  assert.deepEqual(ignored, []);
});
