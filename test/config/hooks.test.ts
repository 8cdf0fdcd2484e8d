import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { configJson, describeConfig } from '../../src/config/describe.ts';
import { readHookSecret } from '../../src/config/hooks/hook-secret.ts';
import { configFolder, FILE, faultOf, loadIn } from './config-folder.ts';
import { isRefused, outcome } from './readings.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
const http = { type: 'http', name: 'archive', url: 'https://a.example/h', events: ['post-finish'] };
const command = { type: 'command', name: 'scan', command: './scan.sh', events: ['pre-create'] };

test('a hook has defaults for all but its name, its target and its events', async (t) => {
  const folder = await configFolder(t, { [FILE]: { hooks: [http, command] } });
  assert.deepEqual((await loadIn(folder)).config.hooks, [
    {
      ...http,
      secrets: [],
      headers: {},
      forwardHeaders: [],
      timeoutMs: 30_000,
      onError: 'reject',
      maxAgeMs: 86_400_000,
    },
    {
      ...command,
      command: join(folder, 'scan.sh'),
      args: [],
      timeoutMs: 30_000,
      onError: 'reject',
      maxAgeMs: 86_400_000,
    },
  ]);
});

test('a command with a slash is a path, a bare name is left for PATH', async (t) => {
  const hooks = [
    { ...command, name: 'a', command: 'notify' },
    { ...command, name: 'b', command: '/bin/cat' },
    { ...command, name: 'c', command: 'bin/x', args: ['--', ''] },
  ];
  const folder = await configFolder(t, { [FILE]: { hooks } });
  const loaded = (await loadIn(folder)).config.hooks;
  assert.deepEqual(
    loaded.map((hook) => (hook.type === 'command' ? hook.command : '')),
    ['notify', '/bin/cat', join(folder, 'bin/x')],
  );
});

test('secrets and header values come from the file, from other files and from the environment', async (t) => {
  const folder = await configFolder(t, {
    [FILE]: {
      hooks: [
        {
          ...http,
          secrets: [SECRET, { file: 'secret.txt' }, { env: 'HOOK_SECRET' }],
          headers: { 'X-One': 'one', Authorization: { env: 'HOOK_TOKEN' } },
          forwardHeaders: ['X-User', 'x-user', 'Cookie'],
        },
      ],
    },
    'secret.txt': `${OTHER}\n`,
  });
  const env = { HOOK_SECRET: SECRET.slice('whsec_'.length), HOOK_TOKEN: 'Bearer t0ken' };
  const [hook] = (await loadIn(folder, { env })).config.hooks;
  assert.ok(hook?.type === 'http');
  assert.deepEqual(hook.secrets, [SECRET, OTHER, SECRET]);
  assert.deepEqual(hook.headers, { 'x-one': 'one', authorization: 'Bearer t0ken' });
  assert.deepEqual(hook.forwardHeaders, ['x-user', 'cookie']);
});

test('a variable that holds a secret may begin like ours', async (t) => {
  const hooks = [{ ...http, secrets: [{ env: 'UPLOAD_DAEMON_HOOK_SECRET' }] }];
  const folder = await configFolder(t, { [FILE]: { hooks } });
  const env = { UPLOAD_DAEMON_HOOK_SECRET: SECRET };
  assert.equal((await loadIn(folder, { env })).config.hooks.length, 1);
});

test('a secret that is missing, empty or wrong where it is kept is refused without being shown', async (t) => {
  const hooks = [
    {
      ...http,
      secrets: [
        { env: 'UNSET' },
        { env: 'EMPTY' },
        { env: 'SHORT' },
        { file: 'missing' },
        { file: 'empty' },
        { file: '.' },
      ],
      headers: { 'X-A': { env: 'BROKEN' } },
    },
  ];
  const folder = await configFolder(t, { [FILE]: { hooks }, empty: ' \n' });
  const env = { EMPTY: ' ', SHORT: 'whsec_c2hvcnQ=', BROKEN: 'sesame\nx: y' };
  const fault = await faultOf(loadIn(folder, { env }));
  assert.equal(fault.code, 'CONFIG');
  const expected = [
    /hooks\[0\]\.secrets\[0\] in .*: the variable UNSET is not set/,
    /secrets\[1\] in .*: the variable EMPTY is empty/,
    /secrets\[2\] in .*: what is in the variable SHORT cannot be used/,
    /secrets\[3\] in .*missing does not exist/,
    /secrets\[4\] in .*empty is empty/,
    /secrets\[5\] in .*cannot be read \(EISDIR\)/,
    /headers\.x-a in .*: what is in the variable BROKEN cannot be used/,
  ];
  for (const pattern of expected) assert.match(fault.message, pattern);
  assert.doesNotMatch(fault.message, /c2hvcnQ|sesame/);
});

test('commands that deliver nothing can load without the secrets', async (t) => {
  const hooks = [{ ...http, secrets: [{ env: 'UNSET' }], headers: { A: { file: 'missing' } } }];
  const folder = await configFolder(t, { [FILE]: { hooks } });
  const [hook] = (await loadIn(folder, { withSecrets: false })).config.hooks;
  assert.ok(hook?.type === 'http');
  assert.deepEqual([hook.secrets, hook.headers], [[], {}]);
});

test('a secret is 24 to 64 bytes of base64, and always has its prefix once read', () => {
  const bare = SECRET.slice('whsec_'.length);
  assert.equal(outcome(readHookSecret(bare)), SECRET);
  assert.equal(outcome(readHookSecret(OTHER.replace('=', ''))), OTHER);
  const longest = `whsec_${Buffer.alloc(64, 1).toString('base64')}`;
  assert.equal(outcome(readHookSecret(longest)), longest);
  const tooLong = `whsec_${Buffer.alloc(65, 1).toString('base64')}`;
  const tooShort = `whsec_${Buffer.alloc(23, 1).toString('base64')}`;
  const wrong = [
    '',
    'whsec_',
    'secret',
    tooLong,
    tooShort,
    `${SECRET}!`,
    ` ${SECRET}`,
    `whsec_${SECRET}`,
    `${SECRET}\n`,
    SECRET.replace('M', '-'),
  ];
  for (const secret of wrong) assert.ok(isRefused(readHookSecret(secret)), secret);
});

test('the library that signs takes every secret that is accepted', () => {
  for (const secret of [SECRET, OTHER]) {
    const webhook = new Webhook(String(outcome(readHookSecret(secret))));
    assert.match(webhook.sign('id', new Date(0), '{}'), /^v1,/);
  }
});

test('an error in a hook names its place', async (t) => {
  const cases: [unknown, RegExp][] = [
    [{ ...http, type: 'mail' }, /hooks\[0\]\.type is "mail" .*"http" or "command"/],
    [{ name: 'x' }, /hooks\[0\]\.type is missing/],
    ['x', /hooks\[0\] is "x"/],
    [{ ...http, name: 'Big' }, /hooks\[0\]\.name is "Big"/],
    [{ ...http, events: [] }, /hooks\[0\]\.events is a list .*at least one event/],
    [{ ...http, events: ['post-finsh'] }, /hooks\[0\]\.events\[0\] is "post-finsh"/],
    [{ ...http, url: undefined }, /hooks\[0\]\.url is missing/],
    [{ ...http, url: 'file:///x' }, /hooks\[0\]\.url is "file:\/\/\/x"/],
    [{ ...http, timeOut: '1s' }, /unknown key "timeOut" in hooks\[0\] .*mean "timeout"\?/],
    [{ ...http, command: 'x' }, /unknown key "command" in hooks\[0\]/],
    [{ ...http, timeout: '0s' }, /hooks\[0\]\.timeout is "0s"/],
    [{ ...http, maxAge: '366d' }, /hooks\[0\]\.maxAge is "366d"/],
    [{ ...http, onError: 'ignore' }, /hooks\[0\]\.onError is "ignore"/],
    [{ ...http, headers: { Host: 'x' } }, /hooks\[0\]\.headers .*"Host": .*set by the delivery/],
    [{ ...http, headers: { 'Webhook-Id': 'x' } }, /set by the delivery/],
    [{ ...http, headers: { 'a b': 'x' } }, /"a b": it must be the name of a header/],
    [{ ...http, headers: { A: '1', a: '2' } }, /a stands in it twice/],
    [{ ...http, forwardHeaders: ['x\r\ny'] }, /hooks\[0\]\.forwardHeaders\[0\]/],
    [{ ...http, secrets: SECRET }, /hooks\[0\]\.secrets is "\(secret\)"/],
    [{ ...http, secrets: [{ file: '' }] }, /hooks\[0\]\.secrets\[0\] is an object/],
    [{ ...http, secrets: [{ env: 'A', file: 'b' }] }, /hooks\[0\]\.secrets\[0\] is an object/],
    [{ ...command, command: '' }, /hooks\[0\]\.command is empty/],
    [{ ...command, command: '~/x' }, /"~" is not expanded/],
    [{ ...command, args: ['a\0b'] }, /hooks\[0\]\.args\[0\]/],
    [{ ...command, args: [1] }, /hooks\[0\]\.args\[0\] is 1/],
  ];
  for (const [hook, message] of cases) {
    const folder = await configFolder(t, { [FILE]: { hooks: [hook] } });
    assert.match((await faultOf(loadIn(folder))).message, message);
  }
});

test('two hooks of one name are refused', async (t) => {
  const hooks = [http, { ...command, name: http.name }];
  const folder = await configFolder(t, { [FILE]: { hooks } });
  assert.match((await faultOf(loadIn(folder))).message, /two hooks are called "archive"/);
});

test('secrets, header values, credentials and queries of URLs are never printed', async (t) => {
  const hook = {
    ...http,
    url: 'https://user:hunter2@a.example/h?token=hunter2',
    secrets: [SECRET, { env: 'KEPT' }],
    headers: { 'X-Token': 'hunter2', file: 'hunter2' },
  };
  const folder = await configFolder(t, { [FILE]: { hooks: [hook, command] } });
  const loaded = await loadIn(folder, { env: { KEPT: OTHER } });
  const told = JSON.stringify([loaded.sources, describeConfig(loaded), configJson(loaded)]);
  assert.doesNotMatch(told, /hunter2|MfKQ9r8|AAAAAA/);
  assert.match(told, /\(secret\)@a\.example\/h\?\(secret\)/);
  assert.match(told, /"env":"KEPT"/, 'its place is no secret');
});

test('an error in a hook shows none of its secrets', async (t) => {
  const hook = {
    ...http,
    url: 'https://user:hunter2@a.example:99999/h?token=hunter2',
    secrets: ['hunter2', `${SECRET}x`, ['hunter2'], 7_654_321],
    headers: { 'X-Token': 'hunter2\n', 'X-Other': 7_654_321 },
    command: 'hunter2',
  };
  const folder = await configFolder(t, { [FILE]: { hooks: [hook], host: SECRET } });
  const { message } = await faultOf(loadIn(folder));
  assert.ok(message.split('\n').length > 7, message);
  assert.doesNotMatch(message, /hunter2|MfKQ9r8|7654321/);
});
