import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../support/until.ts';
import { startLoad } from './machine/clients.ts';
import { bootMachine, type Machine, needingMachine } from './machine/machine.ts';
import { configure, DROP_IN, ENDPOINT, LIMIT, manual, shown } from './machine/service.ts';
import { DEPLOY } from './unit.ts';

const FILE = 'tusd-ts-static-user.conf';

/** The id of the upload that was made last. */
async function newest(machine: Machine): Promise<string> {
  const listed = await machine.get('cd / && tusd-ts list --sort created --ndjson');
  return JSON.parse(listed.split('\n')[0]!).id;
}

test('systemd runs the unit with its drop-ins', needingMachine(), async (t) => {
  const machine = await bootMachine(t);
  await machine.get(manual('deploy/tusd-ts.service'));
  await startLoad(machine, ENDPOINT).end();
  await machine.get(`mkdir ${DROP_IN}`);

  await t.test('commands of root reach its admin socket, and its own socket serves', async () => {
    const listen = ['127.0.0.1:1080', 'unix:/run/tusd-ts/http.sock'];
    await configure(machine, { listen, adminListen: 'unix:/run/tusd-ts/admin.sock' });
    await machine.get('systemctl restart tusd-ts');
    assert.match(await machine.get('cd / && tusd-ts status'), /^tusd-ts \S+ {2}ready/);
    const socket = '--unix-socket /run/tusd-ts/http.sock';
    const answer = await machine.get(`curl --silent --include ${socket} http://a/uploads/files/`);
    assert.match(answer, /^HTTP\/1.1 200 /);
    await configure(machine, {});
  });

  await t.test('programs of hooks get a folder, a group and a secret', async () => {
    await machine.get(
      `echo 'incoming:x:2000:' >> /etc/group
       mkdir -m 2770 /srv/incoming && chgrp incoming /srv/incoming
       (umask 077; echo secret > /etc/upload-daemon/hook-secret)
       sed 's/^#LoadCredential/LoadCredential/' deploy/tusd-ts-hooks.conf > ${DROP_IN}/hooks.conf
       grep -q ^LoadCredential ${DROP_IN}/hooks.conf`,
    );
    const script = `cat /run/credentials/tusd-ts.service/hook > /srv/incoming/$TUS_ID`;
    const hook = { name: 'copy', type: 'command', command: '/bin/sh', args: ['-c', script] };
    await configure(machine, { hooks: [{ ...hook, events: ['post-finish'] }] });
    await machine.get('systemctl daemon-reload && systemctl restart tusd-ts');
    await startLoad(machine, ENDPOINT).end();
    const file = `/srv/incoming/${await newest(machine)}`;
    const told = await until(
      'the file of the hook',
      async () => {
        const { code, text } = await machine.run(`stat --format %G ${file} && cat ${file}`);
        return code === 0 && text.endsWith('secret\n') && text;
      },
      LIMIT,
    );
    assert.equal(told, 'incoming\nsecret\n');
    await configure(machine, {});
    await machine.get(`rm ${DROP_IN}/hooks.conf`);
  });

  await t.test(
    'an account that stays takes the uploads over, and its group reads them',
    async () => {
      const before = await newest(machine);
      await machine.get(
        `useradd --system --user-group somebody; cp deploy/${FILE} ${DROP_IN}/static-user.conf`,
      );
      await configure(machine, { fileMode: '0640', directoryMode: '0750' });
      const comments = readFileSync(DEPLOY + FILE, 'utf8').matchAll(/^# {3}(\w.*)$/gm);
      const commands = [...comments].map(([, command]) => command);
      assert.equal(commands.length, 5);
      await machine.get(`set -e\n${commands.join('\n')}`);
      await startLoad(machine, ENDPOINT).end();
      for (const id of [before, await newest(machine)]) {
        const path = (await machine.get(`cd / && tusd-ts inspect --path ${id}`)).trim();
        const as = 'setpriv --reuid somebody --regid somebody --init-groups';
        assert.equal(await machine.get(`${as} cat ${path} | wc --bytes`), '3000000\n', path);
      }
      assert.match(await machine.get('cd / && tusd-ts verify'), /3 ok/);
      assert.equal(await shown(machine, 'SubState'), 'running');
    },
  );
});
