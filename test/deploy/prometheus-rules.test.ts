import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METRICS } from '../../src/admin/metrics.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { DEPLOY } from './unit.ts';

const RULES = `${DEPLOY}prometheus-rules.yml`;
const LABELS = 'job="tusd-ts", instance="a:1"';

interface Case {
  readonly alert: string;
  /** Series in the notation of promtool, and what they are while nothing is wrong. */
  readonly ill: Readonly<Record<string, string>>;
  readonly well: Readonly<Record<string, string>>;
  /** When the alert must fire. */
  readonly at: string;
}

const series = (name: string, labels = '') =>
  `${name}{${LABELS}${labels === '' ? '' : `, ${labels}`}}`;

/** A series with one value, minute after minute. */
const steady = (value: number) => `${value}x600`;
const rising = (by: number) => `0+${by}x600`;

const CASES: readonly Case[] = [
  {
    ...{ alert: 'TusdTsDown', at: '5m' },
    ill: { [series('up')]: steady(0) },
    well: { [series('up')]: steady(1) },
  },
  {
    ...{ alert: 'TusdTsNotReady', at: '5m' },
    ill: { [series('tusd_ts_check_ok', 'check="room"')]: steady(0) },
    well: { [series('tusd_ts_check_ok', 'check="room"')]: steady(1) },
  },
  {
    ...{ alert: 'TusdTsDiskFull', at: '5m' },
    ill: {
      [series('tusd_ts_disk_free_bytes')]: steady(5),
      [series('tusd_ts_disk_floor_bytes')]: steady(9),
    },
    well: {
      [series('tusd_ts_disk_free_bytes')]: steady(9),
      [series('tusd_ts_disk_floor_bytes')]: steady(5),
    },
  },
  {
    ...{ alert: 'TusdTsDiskFillsUp', at: '8h' },
    ill: { [series('tusd_ts_disk_free_bytes')]: '1000-1x600' },
    well: { [series('tusd_ts_disk_free_bytes')]: '1000000-1x600' },
  },
  {
    ...{ alert: 'TusdTsServerErrors', at: '20m' },
    ill: {
      [series('tusd_ts_requests_total', 'method="POST", status="500"')]: rising(2),
      [series('tusd_ts_requests_total', 'method="POST", status="201"')]: rising(98),
    },
    well: {
      [series('tusd_ts_requests_total', 'method="POST", status="507"')]: rising(50),
      [series('tusd_ts_requests_total', 'method="POST", status="201"')]: rising(98),
    },
  },
  {
    ...{ alert: 'TusdTsBug', at: '5m' },
    ill: { [series('tusd_ts_errors_total', 'code="bug"')]: rising(1) },
    well: { [series('tusd_ts_errors_total', 'code="too_large"')]: rising(1) },
  },
  {
    ...{ alert: 'TusdTsDeliveriesLate', at: '10m' },
    ill: { [series('tusd_ts_delivery_oldest_seconds', 'hook="app"')]: steady(901) },
    well: { [series('tusd_ts_delivery_oldest_seconds', 'hook="app"')]: steady(900) },
  },
  {
    ...{ alert: 'TusdTsDeliveriesDead', at: '5m' },
    ill: { [series('tusd_ts_deliveries', 'hook="app", state="dead"')]: steady(1) },
    well: { [series('tusd_ts_deliveries', 'hook="app", state="failing"')]: steady(1) },
  },
  {
    ...{ alert: 'TusdTsUndelivered', at: '20m' },
    ill: { [series('tusd_ts_undelivered', 'rule="in", state="failing"')]: steady(1) },
    well: { [series('tusd_ts_undelivered', 'rule="in", state="pending"')]: steady(1) },
  },
  {
    ...{ alert: 'TusdTsUndeliveredLate', at: '10m' },
    ill: { [series('tusd_ts_undelivered_oldest_seconds', 'rule="in"')]: steady(3601) },
    well: { [series('tusd_ts_undelivered_oldest_seconds', 'rule="in"')]: steady(3600) },
  },
  {
    ...{ alert: 'TusdTsSweepsFail', at: '4h' },
    ill: { [series('tusd_ts_sweeps_total', 'result="failed"')]: rising(1) },
    well: { [series('tusd_ts_sweeps_total', 'result="done"')]: rising(1) },
  },
  {
    ...{ alert: 'TusdTsConnectionsRefused', at: '20m' },
    ill: { [series('tusd_ts_connections_refused_total')]: rising(1) },
    well: { [series('tusd_ts_connections_refused_total')]: steady(5) },
  },
  {
    ...{ alert: 'TusdTsEventLoopLate', at: '20m' },
    ill: { [series('nodejs_eventloop_lag_p99_seconds')]: steady(1) },
    well: { [series('nodejs_eventloop_lag_p99_seconds')]: '0.1x600' },
  },
];

test(
  'promtool finds nothing wrong with the rules and the configuration',
  needing('promtool'),
  () => {
    for (const args of [
      ['check', 'rules', '--lint=all', '--lint-fatal', RULES],
      ['check', 'config', `${DEPLOY}prometheus.yml`],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    }
  },
);

test('each alert fires when it should, and not when all is well', needing('promtool'), (t) => {
  const known = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name]) => name,
  );
  assert.deepEqual(
    CASES.map(({ alert }) => alert),
    known,
  );
  const file = join(temporaryFolder(t), 'test.json');
  const whenIll = firing(file, (one) => one.ill);
  assert.deepEqual(whenIll.toSorted(), known.toSorted());
  assert.deepEqual(
    firing(file, (one) => one.well),
    [],
  );
});

/** The alerts that fire in their cases: promtool expects none, and tells which there are. */
function firing(file: string, input: (one: Case) => Case['ill']): string[] {
  const tests = CASES.map((one) => ({
    interval: '1m',
    input_series: Object.entries(input(one)).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: one.at, alertname: one.alert, exp_alerts: [] }],
  }));
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
  const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
  const told = [...(stdout + stderr).matchAll(/alertname="(\w+)"/g)].map(([, name]) => name!);
  return [...new Set(told)];
}

test('rules and dashboard name metrics that exist', () => {
  const names = new Set(
    METRICS.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  for (const file of ['prometheus-rules.yml', 'grafana-dashboard.json']) {
    const text = readFileSync(DEPLOY + file, 'utf8');
    const used = [...text.matchAll(/\btusd_ts_[a-z_]+/g)].map(([name]) => name);
    assert.ok(used.length > 10);
    assert.deepEqual(
      used.filter((name) => !names.has(name)),
      [],
      file,
    );
  }
});
