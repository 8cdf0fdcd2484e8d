import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hook } from '../../src/config/hooks/hook-schema.ts';
import { ClientRequest } from '../../src/hooks/client-request.ts';
import { createPlanner } from '../../src/hooks/planner.ts';
import type { StorageEvent } from '../../src/storage/model/events.ts';
import { type Caller, nobody, type UploadRecord } from '../../src/storage/model/upload.ts';
import { metadataOf } from '../support/uploads.ts';
import { httpHook, scriptHook } from './support/hooks-of.ts';

const NOW = Date.UTC(2026, 10, 23, 13, 7, 44);

const record: UploadRecord = {
  id: 'k3v9',
  kind: 'single',
  state: 'finished',
  length: 5,
  offset: 5,
  uncommittedFrom: null,
  crc32: 0,
  metadata: metadataOf({ filename: 'holiday.mov', filetype: 'video/quicktime' }),
  name: 'holiday.mov',
  parts: [],
  protocolData: null,
  createdAt: NOW,
  activeAt: NOW,
  finishedAt: NOW,
  removedAt: null,
  removedWhy: null,
  expiresAt: null,
  downloadsLeft: null,
  refusal: null,
  owner: null,
  wantedPath: null,
  movedTo: null,
  layout: null,
  origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: 'test' },
};

const caller: Caller = {
  origin: record.origin,
  request: new ClientRequest({
    method: 'PATCH',
    uri: '/uploads/files/k3v9?x=1',
    headers: {
      host: ['files.example.org'],
      'upload-offset': ['0'],
      'x-request-id': ['a', 'b'],
      authorization: ['Bearer client-secret'],
      cookie: ['session=client-secret'],
    },
  }),
};

function planned(event: StorageEvent, hooks: readonly Hook[]) {
  const plan = createPlanner({ hooks, now: () => NOW });
  return plan(event, `/srv/uploads/tus/${event.record.id}`);
}

function payloadOf(change: Partial<UploadRecord>, by: Caller = caller) {
  const event = { type: 'finished', record: { ...record, ...change }, caller: by } as const;
  return JSON.parse(planned(event, [httpHook('http://localhost')])[0]!.payload);
}

test('a finished upload is described as a hook of tusd describes it, with our own keys beside it', () => {
  const { ID, ...payload } = payloadOf({});
  assert.match(ID, /^evt_[0-9a-f]{32}$/);
  assert.deepEqual(payload, {
    Type: 'post-finish',
    Event: {
      Upload: {
        ID: 'k3v9',
        Size: 5,
        SizeIsDeferred: false,
        Offset: 5,
        MetaData: { filename: 'holiday.mov', filetype: 'video/quicktime' },
        IsPartial: false,
        IsFinal: false,
        PartialUploads: null,
        Owner: null,
        Storage: { Type: 'filestore', Path: '/srv/uploads/tus/k3v9' },
      },
      HTTPRequest: {
        Method: 'PATCH',
        URI: '/uploads/files/k3v9?x=1',
        RemoteAddr: '10.0.0.5:0',
        Principal: null,
        Header: {
          Host: ['files.example.org'],
          'Upload-Offset': ['0'],
          'X-Request-Id': ['a', 'b'],
        },
      },
    },
    Time: '2026-11-23T13:07:44.000Z',
  });
});

test('a length that is not known is 0 and said to be deferred; a final upload names its parts', () => {
  const deferred = payloadOf({ length: null }).Event.Upload;
  assert.deepEqual([deferred.Size, deferred.SizeIsDeferred], [0, true]);
  const final = payloadOf({ kind: 'final', parts: ['b', 'a'] }).Event.Upload;
  assert.deepEqual(
    [final.IsFinal, final.IsPartial, final.PartialUploads],
    [true, false, ['b', 'a']],
  );
});

test('metadata of any name and bytes becomes text', () => {
  const metadata = `__proto__ ${Buffer.from('x').toString('base64')},raw /w==,alone`;
  const { MetaData } = payloadOf({ metadata }).Event.Upload;
  assert.deepEqual(Object.entries(MetaData), [
    ['__proto__', 'x'],
    ['raw', '\ufffd'],
    ['alone', ''],
  ]);
});

test('an event that no request caused has an empty request', () => {
  const { HTTPRequest } = payloadOf({}, nobody(record)).Event;
  assert.deepEqual(HTTPRequest, {
    Method: '',
    URI: '',
    RemoteAddr: '10.0.0.5:0',
    Principal: null,
    Header: {},
  });
});

test("a client's address has its port, as Go writes it", () => {
  const written = (address: string, port?: number) => {
    const origin = { ...caller.origin, address };
    const facts = { method: 'PATCH', uri: '/', headers: {}, ...(port ? { port } : {}) };
    const request = new ClientRequest(facts);
    return payloadOf({}, { origin, request }).Event.HTTPRequest.RemoteAddr;
  };
  assert.equal(written('10.0.0.5', 52144), '10.0.0.5:52144');
  assert.equal(written('2001:db8::5', 52144), '[2001:db8::5]:52144');
  assert.equal(written('fe80::1%eth0', 52144), '[fe80::1%eth0]:52144');
  assert.equal(written('203.0.113.9'), '203.0.113.9:0', 'a proxy has not told it');
  assert.equal(written(''), '');
});

test("a client's credentials are recorded only for a hook that forwards them", () => {
  const event = { type: 'finished', record, caller } as const;
  const [plain, trusted, command] = planned(event, [
    httpHook('http://a.example'),
    httpHook('http://b.example', { name: 'trusted', forwardHeaders: ['authorization'] }),
    scriptHook('', { name: 'command' }),
  ]);
  assert.doesNotMatch(plain!.payload, /client-secret/);
  assert.doesNotMatch(command!.payload, /client-secret/);
  const { Header } = JSON.parse(trusted!.payload).Event.HTTPRequest;
  assert.deepEqual(Header.Authorization, ['Bearer client-secret']);
  assert.equal(Header.Cookie, undefined);
});

test('every hook that listens gets an event under the same id, and others do not get it', () => {
  const event = { type: 'finished', record, caller } as const;
  const deliveries = planned(event, [
    httpHook('http://a.example', { name: 'one' }),
    httpHook('http://a.example', { name: 'deaf', events: ['post-create', 'pre-finish'] }),
    httpHook('http://a.example', { name: 'two' }),
  ]);
  assert.deepEqual(
    deliveries.map(({ hook }) => hook),
    ['one', 'two'],
  );
  assert.equal(new Set(deliveries.map(({ eventId }) => eventId)).size, 1);
});

test('a part causes an event when it is created and none when it is finished', () => {
  const part: UploadRecord = { ...record, kind: 'partial' };
  const hooks = [httpHook('http://a.example', { events: ['post-create', 'post-finish'] })];
  const [made] = planned({ type: 'created', record: part, caller }, hooks);
  assert.equal(JSON.parse(made!.payload).Event.Upload.IsPartial, true);
  assert.deepEqual(planned({ type: 'finished', record: part, caller }, hooks), []);
});

test('a removal is post-terminate when somebody ended it, and post-expire when the housekeeping did', () => {
  const hooks = [httpHook('http://a.example', { events: ['post-terminate', 'post-expire'] })];
  const told = (
    ['terminated', 'stopped', 'rejected', 'expired', 'cleanup', 'file-missing'] as const
  ).map((why) => {
    const [delivery] = planned({ type: 'removed', record, caller, why }, hooks);
    return `${JSON.parse(delivery!.payload).Reason}: ${delivery!.event}`;
  });
  assert.deepEqual(told, [
    'terminated: post-terminate',
    'stopped: post-terminate',
    'rejected: post-terminate',
    'expired: post-expire',
    'cleanup: post-expire',
    'file-missing: post-expire',
  ]);
});

test('progress is never recorded', () => {
  const hooks = [httpHook('http://a.example', { events: ['post-receive'] })];
  assert.deepEqual(planned({ type: 'received', record, caller }, hooks), []);
});
