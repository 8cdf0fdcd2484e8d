import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTusStore, type TusStoreOptions } from '../../src/embedded/tus-server.ts';
import { startReceiver } from '../hooks/support/receiver.ts';
import { commandsOn } from '../support/commands.ts';
import { faultOf } from '../support/fault-of.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tusAt } from '../support/tus.ts';
import { until } from '../support/until.ts';
import { startStock } from './support/stock.ts';

async function refusal(options: object): Promise<string> {
  const { code, message } = await faultOf(openTusStore(options as TusStoreOptions));
  assert.equal(code, 'CONFIG');
  return message;
}

test('options are checked like the configuration file, and none is ignored', async (t) => {
  const directory = temporaryFolder(t);
  const where = 'in the options of openTusStore';
  assert.match(await refusal({}), new RegExp(`^directory is .* ${where}: it must be a path`));
  assert.equal(
    await refusal({ directory, retentionDay: 1 }),
    `unknown key "retentionDay" ${where}. Did you mean "retentionDays"?`,
  );
  // A key of the daemon's that means nothing here.
  assert.equal(await refusal({ directory, port: 80 }), `unknown key "port" ${where}.`);
  assert.match(await refusal({ directory, retentionDays: 0 }), /^retentionDays is 0 .*never/);
  assert.match(
    await refusal({ directory, retentionDays: 0, fsync: 'maybe' }),
    /^there are 2 problems/,
  );
  const hook = { type: 'http', name: 'app', events: ['post-finish'], url: 'http://localhost/' };
  const secrets = [{ env: 'NO_SUCH_VARIABLE' }];
  assert.match(
    await refusal({ directory, hooks: [{ ...hook, secrets }] }),
    /^hooks\[0\]\.secrets\[0\] as given by the options of openTusStore: the variable NO_SUCH_VARIABLE is not set/,
  );
});

test('a directory that is served is refused', async (t) => {
  const { folder } = await startStock(t);
  const fault = await faultOf(openTusStore({ directory: folder }));
  assert.equal(fault.code, 'DIRECTORY_IN_USE');
});

test('commands go by the retention that the application has set', async (t) => {
  const { url, folder } = await startStock(t, { retentionDays: 0.00001 });
  const { url: upload } = await tusAt(url).create({ 'Upload-Length': '5' });
  await until('it expires', async () => (await tusAt(url).head(upload)).status === 410);
  const { summary } = await commandsOn(folder).cleanup();
  assert.equal(summary.removed, 1);
});

test('the cleanup runs in the application', async (t) => {
  const { url, folder } = await startStock(t, {
    retentionDays: 0.00001,
    cleanupSchedule: '* * * * * *',
  });
  await tusAt(url).create({ 'Upload-Length': '5' });
  await until('it is removed', async () => (await commandsOn(folder).list()).length === 0);
});

test('hooks choose, refuse and get events, with the client of the request', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => {
    const { MetaData } = payload.Event.Upload;
    if (payload.Type !== 'pre-create') return { body: {} };
    if (MetaData.filename === 'bad') {
      return {
        body: { RejectUpload: true, HTTPResponse: { StatusCode: 403, Body: 'not that one\n' } },
      };
    }
    return { body: { ChangeFileInfo: { ID: 'chosen', MetaData: { filename: 'other' } } } };
  });
  const { url: endpoint, tus: store } = await startStock(t, {
    clientAddress: () => '192.0.2.7',
    hooks: [
      { type: 'http', name: 'app', url: receiver.url, events: ['pre-create', 'post-finish'] },
    ],
  });
  const tus = tusAt(endpoint);
  const bad = await tus.create({ 'Upload-Length': '5', 'Upload-Metadata': 'filename YmFk' });
  assert.equal(bad.reply.status, 403);
  assert.equal(bad.reply.body.toString(), 'not that one\n');

  const made = await tus.create({ 'Upload-Length': '5' }, 'hello');
  assert.deepEqual([made.reply.status, made.id], [201, 'chosen']);
  const told = await until('the hook gets the finish', () =>
    receiver.received.find(({ payload }) => payload.Type === 'post-finish'),
  );
  const { Upload, HTTPRequest } = told.payload.Event;
  assert.deepEqual(Upload.MetaData, { filename: 'other' });
  assert.equal(HTTPRequest.RemoteAddr, '192.0.2.7:0');
  assert.deepEqual([HTTPRequest.Method, HTTPRequest.URI], ['POST', '/files']);
  assert.ok(await store.finishedFile('chosen'));
});
