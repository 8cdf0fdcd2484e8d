import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Key, schemaOf } from '../../src/config/key.ts';
import { KEYS } from '../../src/config/keys/keys.ts';
import { configFolder, FILE, faultOf, loadIn } from './config-folder.ts';

test('an unknown key is refused with the nearest name', async (t) => {
  const folder = await configFolder(t, { [FILE]: { retentionDay: 1 } });
  const fault = await faultOf(loadIn(folder));
  assert.equal(fault.code, 'CONFIG');
  assert.equal(
    fault.message,
    `unknown key "retentionDay" in ${join(folder, FILE)}. Did you mean "retentionDays"?`,
  );
});

test('the case, hyphens and underscores of other dialects do not hide the nearest name', async (t) => {
  for (const key of ['retention_days', 'retention-days', 'RETENTIONDAYS']) {
    const folder = await configFolder(t, { [FILE]: { [key]: 1 } });
    assert.match((await faultOf(loadIn(folder))).message, /mean "retentionDays"\?/);
  }
});

test('a key that is like none gets no guess', async (t) => {
  const folder = await configFolder(t, { [FILE]: { constructor: 1, behindTheMoon: 2 } });
  const { message } = await faultOf(loadIn(folder));
  assert.match(message, /unknown key "constructor"/);
  assert.match(message, /unknown key "behindTheMoon"/);
  assert.doesNotMatch(message, /Did you mean/);
});

test('an unknown variable is refused with the nearest name', async (t) => {
  const env = { UPLOAD_DAEMON_RETENTION_DAY: '1' };
  const fault = await faultOf(loadIn(await configFolder(t), { env }));
  assert.equal(
    fault.message,
    'unknown variable UPLOAD_DAEMON_RETENTION_DAY. Did you mean UPLOAD_DAEMON_RETENTION_DAYS?',
  );
});

test('hooks and auth cannot be set by a variable, and the sentence says where they go', async (t) => {
  const env = { UPLOAD_DAEMON_HOOKS: '[{"secrets":["whsec_x"]}]' };
  const { message } = await faultOf(loadIn(await configFolder(t), { env }));
  assert.match(message, /UPLOAD_DAEMON_HOOKS is not supported: .*configuration file/);
  assert.doesNotMatch(message, /whsec/);
  const auth = loadIn(await configFolder(t), { env: { UPLOAD_DAEMON_AUTH: '{}' } });
  assert.match((await faultOf(auth)).message, /auth belongs in the configuration file/);
});

test('variables that Kubernetes makes of a Service are recognised', async (t) => {
  const env = { UPLOAD_DAEMON_SERVICE_HOST: '10.0.0.1', UPLOAD_DAEMON_PORT_1080_TCP_ADDR: 'x' };
  const { message } = await faultOf(loadIn(await configFolder(t), { env }));
  assert.equal(message.match(/enableServiceLinks/g)?.length, 2);
});

test('a wrong value is an error with its key, its place and what is allowed', async (t) => {
  const folder = await configFolder(t, { [FILE]: { port: 70_000 } });
  const allowed = 'it must be a whole number from 0 to 65535.';
  assert.equal(
    (await faultOf(loadIn(folder))).message,
    `port is 70000 in ${join(folder, FILE)}: ${allowed}`,
  );
  const empty = await configFolder(t);
  assert.equal(
    (await faultOf(loadIn(empty, { env: { UPLOAD_DAEMON_PORT: 'abc' } }))).message,
    `port is "abc" in UPLOAD_DAEMON_PORT: ${allowed}`,
  );
  const fault = await faultOf(loadIn(empty, { flags: { port: '1e3' } }));
  assert.equal(fault.message, `port is "1e3" as given by --port: ${allowed}`);
});

test('wrong flags alone are a usage error, with anything else a configuration error', async (t) => {
  const folder = await configFolder(t);
  const flags = { port: 'x', host: '' };
  assert.equal((await faultOf(loadIn(folder, { flags }))).exitCode, 64);
  const env = { UPLOAD_DAEMON_FSYNC: 'x' };
  assert.equal((await faultOf(loadIn(folder, { flags, env }))).exitCode, 78);
});

test('several problems are all reported, one to a line', async (t) => {
  const folder = await configFolder(t, { [FILE]: { prot: 1, port: -1, fsync: 'sometimes' } });
  const { message } = await faultOf(
    loadIn(folder, { env: { UPLOAD_DAEMON_HOST: '' }, flags: { maxSize: '5M' } }),
  );
  const [title, ...lines] = message.split('\n');
  assert.equal(title, 'there are 5 problems in the configuration:');
  assert.equal(lines.length, 5);
  for (const part of [
    '"prot"',
    'port is -1',
    'fsync is "sometimes"',
    'host is empty',
    '5MB or 5MiB',
  ]) {
    assert.equal(lines.filter((line) => line.includes(part)).length, 1, part);
  }
});

test('thousands of problems do not flood the terminal', async (t) => {
  const folder = await configFolder(t, { [FILE]: { corsOrigins: Array(5000).fill('x') } });
  const lines = (await faultOf(loadIn(folder))).message.split('\n');
  assert.equal(lines.length, 22);
  assert.match(lines.at(-1) ?? '', /and \d+ more/);
});

test('a mistake shows even where another place overrides it', async (t) => {
  const folder = await configFolder(t, { [FILE]: { port: 'x' } });
  assert.match((await faultOf(loadIn(folder, { flags: { port: '1' } }))).message, /port is "x"/);
});

test('an empty variable is never taken for a value', async (t) => {
  const folder = await configFolder(t);
  const settable = Object.entries<Key>(KEYS).filter(([, { kind }]) => kind !== 'file-only');
  for (const [key] of settable) {
    const name = `UPLOAD_DAEMON_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const { message } = await faultOf(loadIn(folder, { env: { [name]: '' } }));
    assert.ok(message.startsWith(`${key} is empty in ${name}: `), message);
  }
});

test('no key takes a value of a foreign kind', async () => {
  const foreign = [
    null,
    [],
    {},
    [[]],
    [{}],
    [null],
    Number.NaN,
    Infinity,
    -1,
    1e308,
    '',
    '\0',
    true,
  ];
  const meant: Record<string, unknown[]> = {
    publicUrl: [null],
    auth: [null, {}],
    database: [null],
    adminListen: [null],
    publicHealth: [true],
    clientDownloads: [true],
    storageRoot: [null],
    fileGroup: [null],
    socketGroup: [null],
    listen: [[]],
    corsOrigins: [[]],
    trustedProxies: [[]],
    tlsCertificates: [[]],
    tlsKeys: [[]],
    hooks: [[]],
    deliver: [[]],
    disableDownload: [true],
    disableTermination: [true],
  };
  for (const [name, key] of Object.entries<Key>(KEYS)) {
    for (const value of foreign) {
      const expected = meant[name]?.some((item) => JSON.stringify(item) === JSON.stringify(value));
      // NaN and Infinity become null in JSON; they are never meant.
      const accepted = schemaOf(key).safeParse(value).success;
      const wanted = expected === true && !(typeof value === 'number');
      assert.equal(accepted, wanted, `${name}: ${String(value)}`);
    }
  }
});

test('control and bidi characters of a value or a key never reach the message', async (t) => {
  const nasty = 'a\u001b[31m\u202e\u200b\r\n"';
  const folder = await configFolder(t, { [FILE]: { host: nasty, [nasty]: 1 } });
  const { message } = await faultOf(loadIn(folder));
  assert.doesNotMatch(message.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  assert.match(message, /\\u\{202e\}/);
});

test('a long value is cut in the message', async (t) => {
  const folder = await configFolder(t, { [FILE]: { host: '/'.repeat(100_000) } });
  assert.ok((await faultOf(loadIn(folder))).message.length < 500);
});
