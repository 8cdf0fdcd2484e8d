import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startWatched, uploadTo, type Watched } from '../admin/admin.ts';
import { freePort } from '../support/ports.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { DEPLOY } from './unit.ts';

const LIMIT = 60_000;

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** Our configuration and rules, but quick, at a Prometheus that scrapes this daemon. Returns its URL. */
async function runPrometheus(t: TestContext, { admin }: Watched): Promise<string> {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const config = readFileSync(`${DEPLOY}prometheus.yml`, 'utf8')
    .replaceAll('15s', '1s')
    .replaceAll('127.0.0.1:9090', new URL(admin).host);
  const rules = readFileSync(`${DEPLOY}prometheus-rules.yml`, 'utf8');
  writeFileSync(join(folder, 'prometheus.yml'), config);
  writeFileSync(join(folder, 'prometheus-rules.yml'), rules.replaceAll(/^ +for: .*\n/gm, ''));
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const gone = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  await until(
    'Prometheus to be ready',
    async () => {
      assert.equal(child.exitCode, null, said);
      return (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
    },
    LIMIT,
  );
  return url;
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function query(url: string, expression: string): Promise<readonly Sample[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data?: { result: readonly Sample[] };
  };
  assert.equal(status, 'success', `${expression}: ${error}`);
  return data?.result ?? [];
}

/** Until these alerts fire; `meanwhile` is done again and again. */
function untilFire(
  url: string,
  alerts: readonly string[],
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<unknown> {
  return until(
    `${alerts} to fire`,
    async () => {
      await meanwhile();
      const firing = await query(url, 'ALERTS{alertstate="firing"}');
      const names = new Set(firing.map(({ metric }) => metric.alertname));
      return alerts.every((alert) => names.has(alert));
    },
    LIMIT,
  );
}

/** The queries of the dashboard that get no answer. */
async function silentQueries(url: string): Promise<string[]> {
  const text = readFileSync(`${DEPLOY}grafana-dashboard.json`, 'utf8');
  const { panels } = JSON.parse(text) as Dashboard;
  const silent: string[] = [];
  for (const { expr } of panels.flatMap(({ targets }) => targets)) {
    const expression = expr
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$job', 'tusd-ts')
      .replaceAll('$instance', '.*');
    assert.doesNotMatch(expression, /\$/);
    if ((await query(url, expression)).length === 0) silent.push(expr);
  }
  return silent.map((expr) => /tusd_ts_\w+/.exec(expr)?.[0] ?? expr);
}

/** The counters that the alerts look at, with the labels that they choose. */
function countersOfAlerts(): string[] {
  const rules = readFileSync(`${DEPLOY}prometheus-rules.yml`, 'utf8');
  return [...rules.matchAll(/(?:rate|increase)\(([^[]+)\[/g)].map(([, selector]) => selector!);
}

test(
  'a real Prometheus scrapes the daemon, answers the dashboard, and raises alerts',
  needing('prometheus'),
  async (t) => {
    const folder = temporaryFolder(t);
    const inbox = join(folder, 'inbox');
    const broken = join(folder, 'broken');
    const config = join(folder, 'config.json');
    const script = `cat >/dev/null; test ! -e ${broken}`;
    const hook = { name: 'app', type: 'command', command: '/bin/sh', args: ['-c', script] };
    const settings = {
      hooks: [{ ...hook, events: ['post-finish'], maxAge: '2s' }],
      deliver: { name: 'in', to: `${inbox}/{id}` },
    };
    writeFileSync(config, JSON.stringify(settings));
    const more = ['--max-size', '1MiB', '--max-connections', '8', '--config', config];
    const daemon = await startWatched(t, more);
    const url = await runPrometheus(t, daemon);
    await until(
      'the first samples',
      async () => (await query(url, 'tusd_ts_info')).length > 0,
      LIMIT,
    );
    // What begins with 1 has not increased.
    for (const counter of countersOfAlerts().filter((one) => !one.includes('requests_total'))) {
      assert.equal((await query(url, counter)).length > 0, true, counter);
    }

    const upload = () => uploadTo(daemon.url, 300_000).catch(() => {});
    await upload();
    await uploadTo(daemon.url, 2_000_000);
    await fetch(`${daemon.url}nothing`, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
    // Nothing waits while all is well.
    const ofWaiting = [
      'tusd_ts_deliveries',
      'tusd_ts_delivery_oldest_seconds',
      'tusd_ts_undelivered',
      'tusd_ts_undelivered_oldest_seconds',
    ];
    await until(
      'the queries to be answered',
      async () => (await silentQueries(url)).every((name) => ofWaiting.includes(name)),
      LIMIT,
    ).catch(async (error) => assert.fail(`${error} ${await silentQueries(url)}`));
    // What else writes to this machine's disk is not the daemon's doing.
    assert.deepEqual(await query(url, 'ALERTS{alertname!~"TusdTsDisk.*"}'), []);

    // A file in the way of the folder, and a hook that fails.
    renameSync(inbox, join(folder, 'away'));
    for (const file of [inbox, broken]) writeFileSync(file, '');
    await upload();
    await until(
      'the other queries to be answered',
      async () => (await silentQueries(url)).length === 0,
      LIMIT,
    ).catch(async (error) => assert.fail(`${error} ${await silentQueries(url)}`));
    const crowd = async () => {
      const { hostname, port } = new URL(daemon.url);
      const sockets = Array.from({ length: 12 }, () => connect(Number(port), hostname));
      for (const socket of sockets) socket.on('error', () => {});
      await pause(100);
      for (const socket of sockets) socket.destroy();
    };
    await untilFire(
      url,
      ['TusdTsUndelivered', 'TusdTsDeliveriesDead', 'TusdTsConnectionsRefused'],
      crowd,
    );

    renameSync(join(daemon.folder, 'tus'), join(daemon.folder, 'away'));
    await untilFire(url, ['TusdTsNotReady', 'TusdTsServerErrors'], upload);
    await daemon.kill();
    await untilFire(url, ['TusdTsDown']);
  },
);
