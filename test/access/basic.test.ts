import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { argon2id, bcrypt } from 'hash-wasm';
import { parseHtpasswd } from '../../src/access/basic/htpasswd.ts';
import { runCommand } from '../support/command.ts';
import { until } from '../support/until.ts';
import { basic, bearer, create, startGuarded, tokenOf, tokenSetting } from './support/guarded.ts';

const AUTH = { basic: { file: 'users' } };
const salt = Buffer.alloc(16, 7);

const hashOf = (password: string) =>
  bcrypt({ password, salt, costFactor: 4, outputType: 'encoded' });

let lines: Record<'alice' | 'bob', string>;
before(async () => {
  const argon2 = await argon2id({
    ...{ password: 'bobs secret', salt, iterations: 1, memorySize: 64, parallelism: 1 },
    ...{ hashLength: 32, outputType: 'encoded' },
  });
  lines = {
    alice: `alice:${(await hashOf('käse: 1')).replace('$2a$', '$2y$')}`,
    bob: `bob:${argon2}`,
  };
});

test('names and passwords of an htpasswd file are let in, and no others', async (t) => {
  const users = `# users\n${lines.alice}\n\n${lines.bob}\r\n`;
  const { url } = await startGuarded(t, AUTH, {}, { users });
  assert.equal((await create(url, basic('alice', 'käse: 1'))).status, 201);
  assert.equal((await create(url, basic('alice', 'käse: 1'))).status, 201, 'remembered');
  assert.equal((await create(url, basic('alice', 'käse: 1'.normalize('NFD')))).status, 201);
  assert.equal((await create(url, basic('bob', 'bobs secret'))).status, 201);
  const refused = await create(url, basic('alice', 'bobs secret'));
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get('www-authenticate') ?? '', /Basic realm="uploads"/);
  assert.equal((await create(url, basic('carol', 'käse: 1'))).status, 401);
  assert.equal((await create(url, basic('alice', ''))).status, 401);
  assert.equal((await create(url, basic('', 'käse: 1'))).status, 401);
});

test('the file is read again when it changes, and a password that was taken away ends at once', async (t) => {
  const users = `${lines.alice}\n`;
  const daemon = await startGuarded(t, AUTH, {}, { users });
  const { url, folder } = daemon;
  assert.equal((await create(url, basic('alice', 'käse: 1'))).status, 201);
  writeFileSync(join(folder, 'new'), `alice:${await hashOf('changed')}\n${lines.bob}\n`);
  renameSync(join(folder, 'new'), join(folder, 'users'));
  // Not by the new login: until it counts it is a wrong one, and those are slowed down.
  await until('the old password to count no more', async () => {
    return (await create(url, basic('alice', 'käse: 1'))).status === 401;
  });
  assert.equal((await create(url, basic('bob', 'bobs secret'))).status, 201);
  renameSync(join(folder, 'users'), join(folder, 'gone'));
  await until('the daemon to notice', async () => {
    assert.equal((await create(url, basic('bob', 'bobs secret'))).status, 201);
    return /htpasswd file .* cannot be read again: ENOENT/.test(daemon.output());
  });
});

test('lines of other kinds are named with their number, and never quoted', () => {
  const { hashes, problems } = parseHtpasswd(
    [
      'a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
      'b:$apr1$abc$0123456789012345678901',
      'c:$6$salt$hash',
      'd:rqXexS6ZhobKA',
      'e:plain',
      'no colon',
      lines.alice,
      lines.alice,
      `x:$2y$31$${'a'.repeat(53)}`,
      `y:$argon2id$v=19$m=9999999,t=1,p=1$c2FsdHNhbHQ$aGFzaA`,
      'link:x:$2y$04$abc',
      ':$2y$04$abc',
    ].join('\n'),
  );
  assert.deepEqual([...hashes.keys()], ['alice']);
  assert.equal(problems.length, 11);
  assert.match(problems[0]!, /^line 1 \("a"\): its hash is SHA-1; only bcrypt and argon2/);
  for (const problem of problems) assert.doesNotMatch(problem, /W6ph|0123456789|rqXex|plain$/);
});

test('unknown kinds are named at start, and a file that is missing ends the start', async (t) => {
  const users = `old:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n${lines.alice}\n`;
  const daemon = await startGuarded(t, AUTH, {}, { users });
  assert.match(daemon.output(), /users, line 1 \("old"\): its hash is SHA-1/);
  const missing = { uploadDir: 'uploads', port: 0, auth: { basic: { file: 'nobody' } } };
  writeFileSync(daemon.config, JSON.stringify(missing));
  const { code, stderr } = await runCommand(['serve', '--config', daemon.config], {
    cwd: daemon.folder,
  });
  assert.equal(code, 78);
  assert.match(stderr, /nobody cannot be read: ENOENT/);
});

test('after a few wrong passwords an address has to wait, and who is logged in does not', async (t) => {
  const users = `${lines.alice}\n`;
  const auth = { ...AUTH, tokens: [tokenSetting('robot')] };
  const daemon = await startGuarded(t, auth, {}, { users });
  const { url } = daemon;
  assert.equal((await create(url, basic('alice', 'käse: 1'))).status, 201);
  const answers = [];
  for (let count = 0; count < 12; count++)
    answers.push(await create(url, basic('alice', `${count}`)));
  const waits = answers.filter(({ status }) => status === 429);
  assert.ok(waits.length >= 5, answers.map(({ status }) => status).join());
  assert.ok(Number(waits[0]?.headers.get('retry-after')) >= 1);
  assert.equal((await create(url, basic('alice', 'käse: 1'))).status, 201, 'remembered');
  assert.equal((await create(url, bearer(tokenOf('robot')))).status, 201);
  await daemon.stop();
  assert.match(daemon.output(), /warning: login failed from 127\.0\.0\.1: .*wrong, as alice/);
});
