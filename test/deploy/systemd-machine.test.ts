import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../support/script.ts';
import { until } from '../support/until.ts';
import { startLoad } from './machine/clients.ts';
import { bootMachine, needingMachine } from './machine/machine.ts';
import {
  ask,
  configure,
  DROP_IN,
  ENDPOINT,
  journal,
  LIMIT,
  manual,
  shown,
  untilReplaced,
} from './machine/service.ts';

test('systemd runs the unit', needingMachine(), async (t) => {
  const machine = await bootMachine(t);
  const step = (name: string, body: (t: TestContext) => Promise<void>) => t.test(name, body);

  await step('the commands of the manual start it, and it is ready at once', async () => {
    await machine.get(manual('deploy/tusd-ts.service'));
    const { outcomes, uploads } = await startLoad(machine, ENDPOINT).end();
    assert.deepEqual([Object.keys(outcomes), uploads], [['204'], 1]);
    assert.equal(await shown(machine, 'SubState'), 'running');
    assert.equal(await shown(machine, 'StatusText'), `serving at ${ENDPOINT}`);
  });

  await step('root finds the uploads, and the service writes on after root has', async () => {
    const listed = await machine.get('cd / && tusd-ts list --ndjson');
    const { id } = JSON.parse(listed.split('\n')[0]!);
    assert.match(await machine.get('cd / && tusd-ts verify'), /1 ok/);
    await machine.get(`cd / && tusd-ts remove --yes ${id}`);
    assert.equal((await startLoad(machine, ENDPOINT).end()).uploads, 1);
  });

  await step('a reload puts a new configuration in force, and refuses a wrong one', async () => {
    const pid = await shown(machine, 'MainPID');
    await configure(machine, { maxSize: 4_000_000 });
    await machine.get('systemctl reload tusd-ts');
    const largest = () => ask(machine, `--request OPTIONS ${ENDPOINT}`);
    await until('the new size', async () => /^tus-max-size: 4000000\r$/m.test(await largest()));
    await configure(machine, { maxSize: 'much' });
    await machine.get('systemctl reload tusd-ts');
    await until('the refusal', async () =>
      /last reload was refused/.test(await shown(machine, 'StatusText')),
    );
    assert.match(await journal(machine, '--priority err'), /configuration not reloaded.*maxSize/);
    await configure(machine, {});
    await machine.get('for count in $(seq 50); do systemctl reload --no-block tusd-ts; done');
    await until('the last one', async () => !/^tus-max-size/m.test(await largest()));
    await until('the state', async () => (await shown(machine, 'SubState')) === 'running');
    assert.equal(await shown(machine, 'StatusText'), `serving at ${ENDPOINT}`);
    assert.equal(await shown(machine, 'MainPID'), pid);
  });

  await step('the sandbox holds for the programs of hooks', async () => {
    const tries = readFileSync(join(ROOT, 'test', 'deploy', 'machine', 'tries.sh'), 'utf8');
    writeFileSync(machine.seen('/opt/tries.sh'), tries, { mode: 0o755 });
    await machine.get(
      `mkdir -m 777 /etc/open /srv/open /home/open /tmp/open /sys/fs/cgroup/open
       chmod 666 /sys/fs/cgroup/open/cgroup.procs; mknod -m 666 /dev/open c 1 3`,
    );
    const outside = await machine.get(
      'umask 022; setpriv --reuid 65534 --regid 65534 --clear-groups /opt/tries.sh </dev/null',
    );
    const inside = '/var/lib/tusd-ts/tries';
    const args = [
      '-c',
      `/opt/tries.sh /var/lib/tusd-ts > ${inside}.new; mv ${inside}.new ${inside}`,
    ];
    const hook = { name: 'try', type: 'command', command: '/bin/sh', args };
    await configure(machine, { hooks: [{ ...hook, events: ['post-finish'] }] });
    await machine.get('systemctl reload tusd-ts');
    await startLoad(machine, ENDPOINT).end();
    const told = await until(
      'the hook',
      async () => {
        const { code, text } = await machine.run(`cat ${inside}`);
        return code === 0 && text;
      },
      LIMIT,
    );
    assert.doesNotMatch(outside, /no$/m);
    assert.equal(told, outside.replaceAll('yes', 'no'));
  });

  await step('a daemon that hangs is replaced, and its uploads go on', async () => {
    await machine.get(
      `mkdir -p ${DROP_IN} && printf '[Service]\\nWatchdogSec=8\\n' > ${DROP_IN}/watchdog.conf
       systemctl daemon-reload && systemctl restart tusd-ts`,
    );
    const headers = (...more: string[]) =>
      ['Tus-Resumable: 1.0.0', ...more].map((one) => `--header '${one}'`).join(' ');
    const made = await ask(
      machine,
      `--data-binary 12345 ${headers('Upload-Length: 9', 'Content-Type: application/offset+octet-stream')} ${ENDPOINT}`,
    );
    const [, path] = /^Location: (\S+)/im.exec(made) ?? assert.fail(made);
    const pid = await shown(machine, 'MainPID');
    await machine.get('systemctl kill --kill-whom main --signal STOP tusd-ts');
    await untilReplaced(machine, pid);
    assert.match(await journal(machine), /Watchdog timeout/);
    const url = new URL(path!, ENDPOINT).href;
    assert.match(await ask(machine, `--head ${headers()} ${url}`), /^Upload-Offset: 5\r$/m);
    // A core would have what clients sent.
    const left = await machine.get('find /var/lib/tusd-ts/ -name "core*"');
    assert.equal(left, '');
    await machine.get(`rm ${DROP_IN}/watchdog.conf && systemctl daemon-reload`);
  });

  await step(
    'a daemon that was killed is started again, one that is misconfigured is not',
    async () => {
      const pid = await shown(machine, 'MainPID');
      await machine.get('systemctl kill --kill-whom main --signal KILL tusd-ts');
      await untilReplaced(machine, pid);
      await configure(machine, { maxSize: 'much' });
      const { code } = await machine.run('systemctl restart tusd-ts');
      assert.notEqual(code, 0);
      const state = ['ActiveState', 'ExecMainStatus', 'NRestarts'];
      const values = await Promise.all(state.map((name) => shown(machine, name)));
      assert.deepEqual(values, ['failed', '78', '0']);
      await configure(machine, {});
    },
  );

  await step('with the socket of the manual no connection is refused by restarts', async () => {
    await machine.get(manual('deploy/tusd-ts.socket'));
    const load = startLoad(machine, ENDPOINT);
    for (let count = 0; count < 3; count += 1) await machine.get('systemctl restart tusd-ts');
    const { outcomes, uploads } = await load.end();
    const others = Object.keys(outcomes).filter((name) => name !== '204' && name !== '503');
    assert.deepEqual([others, uploads > 0], [[], true], JSON.stringify(outcomes));
  });
});
