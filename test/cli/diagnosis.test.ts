import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../src/cli/inspect/diagnosis.ts';
import type { UploadDetails } from '../../src/cli/inspect/upload-details.ts';
import { viewOf } from '../../src/cli/view/upload-view.ts';
import type { Interruption, TimelineEntry } from '../../src/storage/model/timeline.ts';
import type { RemovalReason, StoredUpload } from '../../src/storage/model/upload.ts';
import { DAY, HOUR } from '../support/uploads.ts';

const NOW = Date.UTC(2026, 10, 23, 13);
const MINUTE = 60_000;
const origin = { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: null };

/** An upload that stalled two minutes ago at 43 of 100 bytes, with some things otherwise. */
function details({
  record: changes = {},
  sizeOnDisk,
  policy = { unfinishedFor: DAY, finishedFor: null },
  ...others
}: Partial<Omit<UploadDetails, 'record'>> & {
  record?: Partial<StoredUpload>;
  policy?: Parameters<typeof viewOf>[1];
} = {}): UploadDetails {
  const record: StoredUpload = {
    seq: 1,
    id: 'id',
    kind: 'single',
    state: 'receiving',
    length: 100,
    offset: 43,
    uncommittedFrom: null,
    crc32: 0,
    metadata: null,
    name: null,
    parts: [],
    protocolData: null,
    createdAt: NOW - HOUR,
    activeAt: NOW - 2 * MINUTE,
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    expiresAt: null,
    downloadsLeft: null,
    refusal: null,
    owner: null,
    wantedPath: null,
    movedTo: null,
    layout: null,
    origin,
    ...changes,
  };
  const size = sizeOnDisk === undefined ? record.offset : sizeOnDisk;
  return {
    ...viewOf(record, policy, NOW),
    record,
    now: NOW,
    path: '/files/id',
    sizeOnDisk: size,
    offset: size === null || record.kind === 'final' ? null : (record.uncommittedFrom ?? size),
    beingWritten: false,
    writer: null,
    stored: [],
    complete: false,
    timeline: [received(null)],
    deliveries: [],
    placements: [],
    parts: [],
    finals: [],
    ...others,
  };
}

function received(interrupted: Interruption | null, to = 43): TimelineEntry {
  return {
    at: NOW - 2 * MINUTE,
    event: 'received',
    from: 0,
    to,
    requests: 1,
    until: NOW - 2 * MINUTE,
    origin,
    interrupted,
  };
}

function first(changes: Parameters<typeof details>[0]): string {
  return diagnose(details(changes))[0] ?? '';
}

test('a stalled upload says what ended its last transfer', () => {
  const cases: [Interruption | null, string][] = [
    [null, 'after 10.0.0.5 ended a request at 43 % and has not sent the rest'],
    ['reset', 'after the connection from 10.0.0.5 was reset at 43 %'],
    [
      'idle',
      'after the request from 10.0.0.5 was ended at 43 %, since it had been silent for too long',
    ],
    ['superseded', 'after another request took over at 43 % from the silent one of 10.0.0.5'],
    ['draining', 'after the daemon stopped while 10.0.0.5 was sending, at 43 %'],
    ['no-space', 'after the disk was full at 43 %'],
    ['limited', 'after 10.0.0.5 had sent as much as it may, at 43 %'],
    ['disk-error', 'after the disk failed at 43 %'],
    ['stopped', 'after a hook stopped it at 43 %'],
  ];
  for (const [interrupted, cause] of cases) {
    assert.deepEqual(diagnose(details({ timeline: [received(interrupted)] })), [
      `Stalled: no byte for 2 min, ${cause}.`,
      'The client can still resume; without that it expires in 23 h 58 min.',
    ]);
  }
});

test('an upload of unknown length shows its place in bytes', () => {
  assert.match(
    first({ record: { length: null }, timeline: [received('reset')] }),
    /reset at 43 B\.$/,
  );
});

test('an upload that nothing has come for since its creation says so', () => {
  const empty = { offset: 0, activeAt: NOW - 2 * MINUTE };
  assert.equal(
    first({ record: empty, timeline: [] }),
    'Stalled: no byte for 2 min, and none has come since 10.0.0.5 created it.',
  );
  assert.equal(
    first({ record: { ...empty, activeAt: NOW - 3_000 }, timeline: [] }),
    'Created 3 s ago; no byte has come yet.',
  );
});

test('bytes that no request accounts for mean that the daemon ended in between', () => {
  assert.match(
    first({ timeline: [received('reset', 20)] }),
    /after the daemon ended in the middle of a request, at 43 %/,
  );
});

test('a request that was refused is named as the cause', () => {
  const rejected = { at: NOW, event: 'rejected', why: 'the checksum is wrong', origin } as const;
  assert.match(
    first({ timeline: [received(null), rejected] }),
    /after a request from 10\.0\.0\.5 was refused at 43 % \(the checksum is wrong\)/,
  );
});

test('a running transfer is described, and one that is silent', () => {
  assert.deepEqual(diagnose(details({ record: { activeAt: NOW - 1_000 }, beingWritten: true })), [
    'Receiving: 43 % is here, and a transfer is running.',
    'Should it stop here, it expires in 23 h 59 min.',
  ]);
  assert.equal(
    first({ beingWritten: true }),
    'Stalled: no byte for 2 min, although a transfer is still open, at 43 %.',
  );
  assert.equal(
    first({ record: { activeAt: NOW - 4_000 } }),
    'Its last byte came 4 s ago, at 43 %; no transfer is running now.',
  );
});

test('an upload that has all of its bytes and is not finished says why', () => {
  const all = { offset: 100 };
  const timeline = [received(null, 100)];
  assert.match(
    first({ record: { ...all, refusal: 'it has a virus' }, timeline }),
    /a hook refused to let it finish: it has a virus/,
  );
  assert.match(first({ record: all, timeline }), /nobody was left to record the finish/);
});

test('a file that differs from its record is pointed out', () => {
  assert.match(diagnose(details({ sizeOnDisk: 40 }))[1] ?? '', /3 bytes less than recorded/);
  assert.match(
    diagnose(details({ sizeOnDisk: 50, timeline: [received('reset', 50)] }))[1] ?? '',
    /7 bytes on disk are not recorded yet; they count/,
  );
  const unverified = details({ sizeOnDisk: 50, record: { uncommittedFrom: 43 } });
  assert.match(diagnose(unverified)[1] ?? '', /7 bytes on disk were never verified/);
});

test('a missing data file is the first thing to know', () => {
  for (const record of [{}, { state: 'finished', finishedAt: NOW } as const]) {
    const [what, then] = diagnose(details({ sizeOnDisk: null, record }));
    assert.match(what ?? '', /^Its data file is missing: 43 bytes were recorded/);
    assert.match(then ?? '', /the next cleanup marks the upload as removed/);
  }
});

test('a finished upload says since when, and how long it stays', () => {
  const record = { state: 'finished', offset: 100, finishedAt: NOW - 2 * HOUR } as const;
  assert.deepEqual(diagnose(details({ record })), [
    'Finished 2 h ago: all of its 100 B have arrived.',
    'It is kept for ever.',
  ]);
  const policy = { unfinishedFor: null, finishedFor: DAY };
  assert.equal(diagnose(details({ record, policy }))[1], 'It is removed in 22 h.');
  assert.match(
    diagnose(details({ record, sizeOnDisk: 99 }))[1] ?? '',
    /has 99 bytes and should have 100 bytes/,
  );
  const part = { ...record, kind: 'partial' } as const;
  assert.match(
    diagnose(details({ record: part }))[1] ?? '',
    /no final upload has been made of it yet/,
  );
});

test('an expired upload says since when, and what its client gets', () => {
  assert.deepEqual(diagnose(details({ policy: { unfinishedFor: MINUTE, finishedFor: null } })), [
    'Expired 1 min ago: no byte has come for 2 min.',
    'Its client is answered 410 (gone), and the next cleanup removes it.',
  ]);
  const record = { state: 'finished', offset: 100, finishedAt: NOW - 3 * DAY } as const;
  const policy = { unfinishedFor: null, finishedFor: DAY };
  assert.equal(first({ record, policy }), 'Expired 2 d ago: it finished 3 d ago.');
});

test('a removed upload says why', () => {
  const reasons: Record<RemovalReason, RegExp> = {
    expired: /its time was up/,
    terminated: /its client deleted it/,
    cleanup: /a cleanup was asked to remove it/,
    operator: /tusd-ts remove/,
    downloaded: /downloaded as often/,
    stopped: /a hook ended it/,
    rejected: /the request that made it failed/,
    'file-missing': /its data file was gone/,
  };
  for (const [removedWhy, sentence] of Object.entries(reasons)) {
    const record = {
      state: 'removed',
      removedAt: NOW - HOUR,
      removedWhy: removedWhy as RemovalReason,
    } as const;
    const what = first({ record, sizeOnDisk: null });
    assert.match(what, /^Removed 1 h ago: /);
    assert.match(what, sentence);
  }
});

test('a removal that was cut short says what will end it', () => {
  const record = { state: 'removing', removedAt: NOW - HOUR, removedWhy: 'expired' } as const;
  assert.deepEqual(diagnose(details({ record })), [
    'Being removed since 1 h, but its data file is still there: its time was up.',
    'The next cleanup, or start of the daemon, ends what was begun.',
  ]);
});

test('a final upload says which parts it waits for', () => {
  const policy = { unfinishedFor: DAY, finishedFor: null };
  const part = (id: string, changes: Partial<StoredUpload>) => ({
    id,
    view: viewOf({ ...details().record, id, kind: 'partial', ...changes }, policy, NOW),
  });
  const done = part('done', { state: 'finished', offset: 100, finishedAt: NOW });
  const record = { kind: 'final', length: null, offset: 0 } as const;
  const final = (parts: UploadDetails['parts'], others: object = {}) =>
    first({ record: { ...record, ...others }, parts, timeline: [] });
  assert.equal(final([done, part('half', {})]), 'Waiting for 1 of its 2 parts: half (43 %).');
  assert.equal(
    final([part('one', {}), part('two', {}), done]),
    'Waiting for 2 of its 3 parts: one (43 %) and 1 more.',
  );
  assert.match(
    final([done, { id: 'lost', view: null }]),
    /never be completed: its part lost is gone/,
  );
  assert.match(final([done]), /All of its parts are here/);
  const joining = { state: 'joining', length: 300, offset: 0 } as const;
  assert.match(final([done, done], joining), /Joining its 2 parts was cut short at 0 B/);
  assert.equal(
    first({
      record: { ...record, ...joining },
      parts: [done, done],
      beingWritten: true,
      sizeOnDisk: 150,
    }),
    'Joining its 2 parts: 150 B of 300 B are copied.',
  );
});

test('an upload that is kept for ever says so', () => {
  const policy = { unfinishedFor: null, finishedFor: null };
  assert.equal(
    diagnose(details({ policy }))[1],
    'The client can still resume; without that it is kept for ever.',
  );
});
