import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, startDaemon } from '../support/command.ts';
import { startFakeTus } from '../support/fake-tus.ts';
import { makeFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { onTerminal } from '../support/terminal.ts';
import { needing } from '../support/tools.ts';
import { transferPlace } from '../support/transfer.ts';

const SECRET = 'open sesame';
/** What a terminal says of itself while the kernel shows what is typed. */
const SHOWS = /[ ;]icanon[\s\S]*[ ;]echo /;
const AFTER = 'echo "code $?"; stty -a';

const basicOf = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

test('the password of a link is typed twice and never shown', needing('script'), async (t) => {
  const cwd = temporaryFolder(t);
  const uploads = join(cwd, 'uploads');
  await (await startDaemon(t, ['--upload-dir', uploads], { cwd })).stop();
  const create = ['link', 'create', '--password', '--upload-dir', uploads];

  await t.test('the same twice makes a link', async () => {
    const terminal = onTerminal(create, { cwd, after: AFTER });
    await terminal.type('Password: ', `${SECRET}x\x7f\r`);
    await terminal.type('The same again: ', `${SECRET}\r`);
    const screen = await terminal.ended;
    assert.match(screen, /token +lnk_/);
    assert.match(screen, /code 0/);
    assert.doesNotMatch(screen, /sesame/);
    assert.match(screen, SHOWS);
  });

  for (const [what, keys, code] of [
    ['another one the second time', 'open sesamo\r', 64],
    ['Ctrl-D the second time', '\x04', 64],
    ['Ctrl-C the second time', '\x03', 130],
  ] as const) {
    await t.test(`${what} makes none`, async () => {
      const terminal = onTerminal(create, { cwd, after: AFTER });
      await terminal.type('Password: ', `${SECRET}\r`);
      await terminal.type('The same again: ', keys);
      const screen = await terminal.ended;
      assert.match(screen, new RegExp(`code ${code}\\b`));
      assert.doesNotMatch(screen, /token|sesam/);
      assert.match(screen, SHOWS);
    });
  }
});

test('put and get ask for the password of --user', needing('script'), async (t) => {
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 10);
  const fake = await startFakeTus(t);
  const env = { XDG_STATE_HOME: place.state, TUSD_TS_TOKEN: '', TUSD_TS_USER: '' };
  const terminal = onTerminal(['put', 'a.bin', fake.url, '--user', 'anna'], {
    cwd: place.folder,
    env,
    after: AFTER,
  });
  await terminal.type('Password of anna: ', `${SECRET}\r`);
  const screen = await terminal.ended;
  assert.match(screen, /code 0/);
  assert.doesNotMatch(screen, /sesame/);
  const sent = new Set(fake.requests.map(({ headers }) => headers.authorization));
  assert.deepEqual([...sent], [basicOf('anna', SECRET)]);

  await t.test('Ctrl-C there ends it as always', async () => {
    const asked = onTerminal(['get', `${fake.url}x`, '--user', 'anna'], {
      cwd: place.folder,
      env,
      after: AFTER,
    });
    await asked.type('Password of anna: ', '\x03');
    assert.match(await asked.ended, /code 130/);
  });
});

test('a password is taken from a pipe, and from the environment', async (t) => {
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 10);
  const fake = await startFakeTus(t);
  const args = ['put', 'a.bin', fake.url, '--user', 'anna'];
  const piped = await place.start(args, `${SECRET}\r\nmore\n`).ended;
  assert.equal(piped.code, 0, piped.stderr);
  assert.ok(
    fake.requests.every(({ headers }) => headers.authorization === basicOf('anna', SECRET)),
  );
  fake.requests.length = 0;
  const env = { XDG_STATE_HOME: place.state, TUSD_TS_TOKEN: '', TUSD_TS_USER: 'anna:from here' };
  const { code, stderr } = await runCommand(['put', '--fresh', 'a.bin', fake.url], {
    cwd: place.folder,
    env,
  });
  assert.equal(code, 0, stderr);
  assert.ok(
    fake.requests.every(({ headers }) => headers.authorization === basicOf('anna', 'from here')),
  );
});

test('a password in the address of a download is not shown', async (t) => {
  const place = transferPlace(t);
  const fake = await startFakeTus(t);
  const address = fake.url.replace('http://', 'http://anna:sesame@');
  const { stdout, stderr } = await place.run(['get', `${address}nothing`]);
  assert.doesNotMatch(stdout + stderr, /sesame/);
});
