import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress, TrustedProxies } from '../../src/http/client/client-address.ts';

function ask(peer: string, headers: Record<string, string>, trusted: readonly string[] = []) {
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return clientAddress(request, new TrustedProxies(trusted));
}

test('forwarding headers of a client are ignored', () => {
  const lies = {
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  };
  const own = { address: '10.0.0.5', forwarded: null, prefix: '', trusted: false };
  assert.deepEqual(ask('10.0.0.5', lies), own);
  assert.deepEqual(ask('10.0.0.5', lies, ['10.0.0.6', '192.168.0.0/16']), own);
});

test('a trusted proxy says who the client is and how it was asked', () => {
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'files.example.org:8443',
  };
  assert.deepEqual(ask('10.0.0.6', headers, ['10.0.0.0/8']), {
    address: '203.0.113.9',
    forwarded: { proto: 'https', host: 'files.example.org:8443' },
    prefix: '',
    trusted: true,
  });
});

test('what stands left of the first address that is not trusted is ignored', () => {
  const trusted = ['10.0.0.0/8', '2001:db8::/32'];
  const through = (list: string) => ask('10.0.0.6', { 'x-forwarded-for': list }, trusted).address;
  assert.equal(through('6.6.6.6, 203.0.113.9'), '203.0.113.9');
  assert.equal(through('6.6.6.6, 203.0.113.9, 10.1.1.1, 2001:db8::7'), '203.0.113.9');
  assert.equal(through('10.1.1.1, 10.1.1.2'), '10.1.1.1', 'all of them are ours');
  assert.equal(through('203.0.113.9, nonsense, 10.1.1.1'), '10.1.1.1');
  assert.equal(through(''), '10.0.0.6');
  assert.equal(through(',,'), '10.0.0.6');
});

test('an IPv4 client on a socket for both families is the client that it is', () => {
  assert.equal(ask('::ffff:10.0.0.5', {}).address, '10.0.0.5');
  const headers = { 'x-forwarded-for': '::ffff:203.0.113.9' };
  assert.equal(ask('::ffff:10.0.0.6', headers, ['10.0.0.6']).address, '203.0.113.9');
});

test('a host or a scheme that is none makes no URL', () => {
  const asked = (proto: string, host: string) =>
    ask('10.0.0.6', { 'x-forwarded-proto': proto, 'x-forwarded-host': host }, ['10.0.0.6'])
      .forwarded;
  assert.deepEqual(asked('HTTPS', '[2001:db8::1]:8443'), {
    proto: 'https',
    host: '[2001:db8::1]:8443',
  });
  for (const host of ['a/b', 'a b', 'user@host', 'a\r\nSet-Cookie: x', '', ':80', 'host:port']) {
    assert.equal(asked('https', host), null, host);
  }
  for (const proto of ['javascript', 'ftp', '']) assert.equal(asked(proto, 'host'), null, proto);
});
