import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAdminAddress } from '../../src/config/values/admin-address.ts';

test('a loopback address with a port, or the path of a socket', () => {
  const accepted: readonly [string, object][] = [
    ['127.0.0.1:9090', { host: '127.0.0.1', port: 9090 }],
    ['127.1.2.3:0', { host: '127.1.2.3', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['localhost:9090', { host: '127.0.0.1', port: 9090 }],
    ['LOCALHOST:1', { host: '127.0.0.1', port: 1 }],
    ['unix:/run/tusd-ts/admin.sock', { path: '/run/tusd-ts/admin.sock' }],
    ['/run/admin.sock', { path: '/run/admin.sock' }],
  ];
  for (const [text, value] of accepted) assert.deepEqual(readAdminAddress(text), { value }, text);
});

test('an address that others can reach is refused, with the reason', () => {
  for (const text of [
    ...['0.0.0.0:9090', '[::]:9090', '10.0.0.5:9090', '192.168.1.1:80', '[2001:db8::1]:9090'],
    ...['example.org:9090', '127.0.0.1.example.org:9090', 'localhost.example.org:1', '128.0.0.1:1'],
    ...['[::ffff:127.0.0.1]:9090', '[::ffff:10.0.0.1]:9090', '[fe80::1]:9090', '127.1:9090'],
  ]) {
    const reading = readAdminAddress(text);
    assert.match(
      'problem' in reading ? reading.problem : '',
      /address of this machine alone/,
      text,
    );
  }
});

test('what is no address is refused', () => {
  for (const text of [
    ...['', ':', ':9090', '127.0.0.1', '127.0.0.1:', '127.0.0.1:x', '127.0.0.1:65536', '::1:9090'],
    ...['[127.0.0.1]:9090', '[::1]', '[::1]9090', '127.0.0.1:9090/metrics', 'http://127.0.0.1:1'],
    ...[' 127.0.0.1:1', '9090', 'unix:', 'unix:admin.sock', 'unix:/run/', '/a\0b', 'a b:1'],
    `unix:/${'x'.repeat(107)}`,
  ]) {
    assert.ok('problem' in readAdminAddress(text), JSON.stringify(text));
  }
  assert.ok('value' in readAdminAddress(`unix:/${'x'.repeat(106)}`));
});
