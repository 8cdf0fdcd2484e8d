import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configFolder, FILE, faultOf, loadIn } from './config-folder.ts';

test('without any file the defaults are in force', async (t) => {
  const { file, config } = await loadIn(await configFolder(t));
  assert.equal(file, null);
  assert.equal(config.port, 1080);
});

for (const name of [FILE, 'upload-daemon.config.yaml', 'upload-daemon.config.yml']) {
  test(`${name} is found in the working directory`, async (t) => {
    const folder = await configFolder(t, { [name]: '{"port": 4000}' });
    const { file, config } = await loadIn(folder);
    assert.equal(file, join(folder, name));
    assert.equal(config.port, 4000);
  });
}

test('the system folder is searched after the working directory', async (t) => {
  const system = await configFolder(t, { [FILE]: { port: 4001 } });
  const empty = await configFolder(t);
  assert.equal((await loadIn(empty, { systemFolder: system })).config.port, 4001);
  const own = await configFolder(t, { [FILE]: { port: 4002 } });
  assert.equal((await loadIn(own, { systemFolder: system })).config.port, 4002);
});

test('parent folders are not searched', async (t) => {
  const folder = await configFolder(t, { [FILE]: { port: 4003 } });
  await mkdir(join(folder, 'inner'));
  assert.equal((await loadIn(join(folder, 'inner'))).file, null);
});

test('two files in one folder are refused with both names', async (t) => {
  const folder = await configFolder(t, { [FILE]: {}, 'upload-daemon.config.yml': 'port: 1' });
  const fault = await faultOf(loadIn(folder));
  assert.equal(fault.exitCode, 78);
  assert.ok(fault.message.includes(join(folder, FILE)));
  assert.ok(fault.message.includes(join(folder, 'upload-daemon.config.yml')));
});

test('--config beats UPLOAD_DAEMON_CONFIG, which beats the search', async (t) => {
  const folder = await configFolder(t, {
    [FILE]: { port: 1 },
    'a.json': { port: 2 },
    'b.yaml': 'port: 3',
  });
  const env = { UPLOAD_DAEMON_CONFIG: 'a.json' };
  assert.equal((await loadIn(folder, { env })).config.port, 2);
  assert.equal((await loadIn(folder, { env, configPath: 'b.yaml' })).config.port, 3);
});

test('a named file that is missing, empty by name, a folder or of another kind is refused', async (t) => {
  const folder = await configFolder(t, {
    'config.js': 'process.exit(3)',
    'big.json': ' '.repeat(1_048_577),
  });
  await mkdir(join(folder, 'folder.json'));
  const cases: [string, RegExp][] = [
    ['nowhere.json', /nowhere\.json does not exist/],
    ['config.js/x.json', /does not exist/],
    ['', /--config is empty/],
    ['folder.json', /not a regular file/],
    ['config.js', /must end in \.json, \.yaml or \.yml/],
    ['big.json', /larger than 1 MiB/],
  ];
  for (const [configPath, message] of cases) {
    const fault = await faultOf(loadIn(folder, { configPath }));
    assert.equal(fault.code, 'CONFIG');
    assert.match(fault.message, message);
  }
  const env = { UPLOAD_DAEMON_CONFIG: '' };
  assert.match((await faultOf(loadIn(folder, { env }))).message, /UPLOAD_DAEMON_CONFIG is empty/);
});

test('a link that points nowhere is not passed over', async (t) => {
  const folder = await configFolder(t);
  await symlink(join(folder, 'unmounted'), join(folder, FILE));
  assert.match((await faultOf(loadIn(folder))).message, /does not exist/);
});

test('a folder that cannot be looked into is not passed over', async (t) => {
  const folder = await configFolder(t);
  await symlink('loop', join(folder, 'loop'));
  const fault = await faultOf(loadIn(folder, { systemFolder: join(folder, 'loop') }));
  assert.match(fault.message, /cannot see whether .*loop.* exists \(ELOOP\)/);
});

test('a syntax error names file, line and column, and does not quote the text around it', async (t) => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const json = await configFolder(t, { [FILE]: `{\n  "x": "${secret}"\n  "port": 1\n}` });
  const jsonFault = await faultOf(loadIn(json));
  assert.match(jsonFault.message, /config\.json is not valid JSON: line 3, column 3: a comma/);
  const yaml = await configFolder(t, {
    'upload-daemon.config.yaml': `x: ${secret}\nport: [1\nhost: a`,
  });
  const yamlFault = await faultOf(loadIn(yaml));
  assert.match(yamlFault.message, /config\.yaml is not valid YAML: line 3, column \d+: /);
  for (const { message, stack = '' } of [jsonFault, yamlFault]) {
    assert.ok(!`${message}${stack}`.includes(secret));
  }
});

test('a file that is no object, empty, or no text is refused', async (t) => {
  for (const content of ['[]', 'null', '1', '"x"', '', ' \n']) {
    const folder = await configFolder(t, { [FILE]: content });
    assert.equal((await faultOf(loadIn(folder))).code, 'CONFIG', content);
  }
  const folder = await configFolder(t);
  await writeFile(join(folder, FILE), Buffer.from([0x7b, 0xff, 0x7d]));
  assert.match((await faultOf(loadIn(folder))).message, /not UTF-8/);
});

test('a YAML file of comments alone is a configuration of defaults', async (t) => {
  const folder = await configFolder(t, { 'upload-daemon.config.yaml': '# port: 1\n' });
  assert.equal((await loadIn(folder)).config.port, 1080);
});

test('a byte order mark in front of JSON does no harm', async (t) => {
  const folder = await configFolder(t, { [FILE]: '\uFEFF{"port": 4004}' });
  assert.equal((await loadIn(folder)).config.port, 4004);
});

test('code and imports in a configuration are never followed', async (t) => {
  const tagged = await configFolder(t, {
    'upload-daemon.config.yaml': 'host: !!js/function "function () {}"',
  });
  assert.match((await faultOf(loadIn(tagged))).message, /unknown tag/);
  const importing = await configFolder(t, {
    [FILE]: { $import: './b.json' },
    'b.json': { port: 1 },
  });
  assert.match((await faultOf(loadIn(importing))).message, /unknown key "\$import"/);
});

test('__proto__ is an unknown key, however deep, and changes no prototype', async (t) => {
  const contents = [
    '{"__proto__": {"port": 1}}',
    '{"hooks": [{"type": "http", "headers": {"__proto__": "x"}}]}',
  ];
  for (const content of contents) {
    const folder = await configFolder(t, { [FILE]: content });
    assert.match((await faultOf(loadIn(folder))).message, /unknown key "__proto__"/);
  }
  assert.equal(Reflect.get({}, 'port'), undefined);
});

test('a YAML file that refers to itself is refused, not followed for ever', async (t) => {
  const folder = await configFolder(t, { 'upload-daemon.config.yaml': 'hooks: &a [*a]' });
  assert.match((await faultOf(loadIn(folder))).message, /hooks\[0\] is a list/);
});
