import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { METRICS } from '../../src/admin/metrics.ts';
import { commandsOn } from '../support/commands.ts';
import { headOf, Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { sampleOf, startWatched, uploadTo } from './admin.ts';

/** The metrics once a sample has a value. */
function untilSample(
  ask: (path: string) => Promise<{ body: string }>,
  series: string,
  value: number,
) {
  return until(`${series} to be ${value}`, async () => {
    const { body } = await ask('/metrics');
    return sampleOf(body, series) === value ? body : undefined;
  });
}

test('every metric is in the manual with its type, its labels and its meaning, and no other', () => {
  const page = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
  const rows = METRICS.map(({ type, name, labels, help }) => {
    const named = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${named} | ${help} |`;
  });
  const told = page.split('\n').filter((line) => line.startsWith('| `tusd_ts_'));
  assert.deepEqual(told, rows);
});

test('names follow the conventions of Prometheus', () => {
  for (const { type, name, help } of METRICS) {
    assert.match(name, /^tusd_ts_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') assert.match(name, /_seconds$/);
    assert.match(help, /^[A-Z].*\.$|^minFreeSpace/, name);
  }
  assert.equal(new Set(METRICS.map(({ name }) => name)).size, METRICS.length);
});

test('uploads, bytes, requests and errors are counted, and which way bodies took', async (t) => {
  const { url, ask, folder } = await startWatched(t, [
    '--direct-bodies',
    '128KiB',
    '--max-size',
    '1MiB',
  ]);
  const direct = await uploadTo(url, 300_000);
  await uploadTo(url, 10);
  assert.equal((await uploadTo(url, 2_000_000)).status, 413);
  const location = new URL(direct.headers.get('location') ?? '', url);
  assert.equal((await (await fetch(location)).arrayBuffer()).byteLength, 300_000);
  const headers = { 'Tus-Resumable': '1.0.0' };
  assert.equal((await fetch(location, { method: 'DELETE', headers })).status, 204);
  const text = await untilSample(ask, 'tusd_ts_requests_total{method="DELETE",status="204"}', 1);
  const expected: Readonly<Record<string, number>> = {
    'tusd_ts_uploads_created_total{kind="single"}': 2,
    'tusd_ts_uploads_finished_total{kind="single"}': 2,
    'tusd_ts_uploads_removed_total{reason="terminated"}': 1,
    'tusd_ts_uploads_refused_total{reason="too_large"}': 1,
    'tusd_ts_errors_total{code="too_large"}': 1,
    'tusd_ts_upload_received_bytes_total{body="direct"}': 300_000,
    'tusd_ts_upload_received_bytes_total{body="stream"}': 10,
    'tusd_ts_bodies_total{body="direct"}': 1,
    'tusd_ts_bodies_total{body="stream"}': 1,
    'tusd_ts_requests_total{method="POST",status="201"}': 2,
    'tusd_ts_requests_total{method="POST",status="413"}': 1,
    'tusd_ts_requests_total{method="GET",status="200"}': 1,
    'tusd_ts_request_duration_seconds_count{method="POST"}': 3,
    tusd_ts_upload_duration_seconds_count: 2,
    'tusd_ts_check_ok{check="storage"}': 1,
  };
  for (const [series, value] of Object.entries(expected)) {
    assert.equal(sampleOf(text, series), value, series);
  }
  assert.ok(sampleOf(text, 'tusd_ts_network_received_bytes_total')! > 300_010);
  assert.ok(sampleOf(text, 'tusd_ts_network_sent_bytes_total')! > 300_000);
  assert.ok(sampleOf(text, 'tusd_ts_disk_free_bytes')! > 0);
  assert.equal((await commandsOn(folder).list()).length, 1);
});

test('running uploads are counted while they run', async (t) => {
  const { url, ask } = await startWatched(t);
  const client = new Raw(url).send(
    headOf('POST /uploads/files/ HTTP/1.1', {
      ...{ 'Tus-Resumable': '1.0.0', 'Upload-Length': 10, 'Content-Length': 10 },
      'Content-Type': 'application/offset+octet-stream',
    }),
  );
  client.send('12345');
  const text = await untilSample(ask, 'tusd_ts_upload_received_bytes_total{body="stream"}', 5);
  assert.equal(sampleOf(text, 'tusd_ts_bodies_running{state="receiving"}'), 1);
  assert.equal(sampleOf(text, 'tusd_ts_connections'), 1);
  client.send('67890');
  assert.deepEqual((await client.answer()).statuses, [201]);
  await untilSample(ask, 'tusd_ts_bodies_running{state="receiving"}', 0);
});

test('ten thousand paths and hostile names make no more series', async (t) => {
  const { url, ask } = await startWatched(t, ['--log-level', 'error']);
  const seriesOf = (text: string) =>
    text.split('\n').filter((line) => line.startsWith('tusd_ts_')).length;
  const first = new Raw(url).send(headOf('GET /hostile HTTP/1.1')).answer();
  assert.deepEqual((await first).statuses, [404]);
  await uploadTo(url, 1);
  const before = seriesOf(
    await untilSample(ask, 'tusd_ts_requests_total{method="GET",status="404"}', 1),
  );
  const heads = Array.from({ length: 9_999 }, (_, index) =>
    headOf(`GET /p${index}"}%0a{x="1 HTTP/1.1`, { Connection: 'keep-alive' }),
  );
  const last = headOf('GET /last HTTP/1.1');
  await new Raw(url).send(heads.join('') + last).answer(120_000);
  const metadata = `filename ${Buffer.from('"} 1\ntusd_ts_evil 1\n').toString('base64')}`;
  await uploadTo(url, 1, { 'Upload-Metadata': metadata, 'User-Agent': '"} 1' });
  const text = await untilSample(ask, 'tusd_ts_requests_total{method="GET",status="404"}', 10_001);
  assert.equal(seriesOf(text), before);
  assert.doesNotMatch(text, /evil|hostile|\/p1/);
});
