import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principalNameProblem } from '../../src/text/principal-name.ts';
import { runCommand } from '../support/command.ts';
import { append, create, created, startGuarded } from './support/guarded.ts';

const PROXY = { auth: { proxy: { header: 'X-User' } }, more: { trustedProxies: ['127.0.0.1'] } };

test('the name of a principal is short, visible, in one spelling, and not that of a link', () => {
  for (const name of ['alice', '../x', '__proto__', 'constructor', 'José', 'a@b.example', '用户']) {
    assert.equal(principalNameProblem(name), null, name);
  }
  for (const name of [
    '',
    'x'.repeat(5_000),
    'José'.normalize('NFD'),
    'a\nb',
    'a\u2028b',
    '\ud800',
    ' a',
    'link:abc',
  ]) {
    assert.notEqual(principalNameProblem(name), null, JSON.stringify(name.slice(0, 20)));
  }
});

test('hostile names own their uploads and nothing else', async (t) => {
  const { url, folder, config } = await startGuarded(t, PROXY.auth, PROXY.more);
  const names = ['../x', '__proto__', 'constructor', '用户'];
  const utf8 = (name: string) => ({ 'X-User': Buffer.from(name).toString('latin1') });
  for (const name of names) {
    const upload = await created(url, utf8(name), 'he', 5);
    for (const other of names.filter((one) => one !== name)) {
      assert.equal((await append(upload, utf8(other), 2, 'llo')).status, 404);
    }
    assert.equal((await append(upload, utf8(name), 2, 'llo')).status, 204);
    const { stdout } = await runCommand(['list', '--owner', name, '--json', '--config', config], {
      cwd: folder,
    });
    assert.equal(JSON.parse(stdout).uploads.length, 1, name);
  }
});

test('another spelling of a name is nobody, and 5,000 characters are none', async (t) => {
  const { url } = await startGuarded(t, PROXY.auth, PROXY.more);
  const utf8 = (name: string) => ({ 'X-User': Buffer.from(name).toString('latin1') });
  assert.equal((await create(url, utf8('José'))).status, 201);
  assert.equal((await create(url, utf8('José'.normalize('NFD')))).status, 401);
  assert.equal((await create(url, utf8('x'.repeat(5_000)))).status, 401);
  assert.equal((await create(url, utf8('link:abc'))).status, 401);
});
