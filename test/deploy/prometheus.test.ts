import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startWatched, uploadTo, type Watched } from '../admin/admin.ts';
import { freePort } from '../support/ports.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { DEPLOY } from './unit.ts';

const LIMIT = 60_000;

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
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

async function query(url: string, expression: string) {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data?: { result: readonly { value: readonly [number, string] }[] };
  };
  assert.equal(status, 'success', `${expression}: ${error}`);
  return data?.result ?? [];
}

function untilFires(url: string, alert: string): Promise<unknown> {
  return until(
    `${alert} to fire`,
    async () => (await query(url, `ALERTS{alertname="${alert}",alertstate="firing"}`)).length > 0,
    LIMIT,
  );
}

test(
  'a real Prometheus scrapes the daemon, answers the dashboard, and raises alerts',
  needing('prometheus'),
  async (t) => {
    const daemon = await startWatched(t, ['--max-size', '1MiB']);
    const url = await runPrometheus(t, daemon);
    await uploadTo(daemon.url, 300_000);
    await uploadTo(daemon.url, 2_000_000);
    await fetch(`${daemon.url}nothing`, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
    await until(
      'rates',
      async () => {
        const [sample] = await query(
          url,
          'count_over_time(tusd_ts_uploads_created_total{kind="single"}[1m])',
        );
        return Number(sample?.value[1] ?? 0) >= 5;
      },
      LIMIT,
    );
    const dashboard = JSON.parse(
      readFileSync(`${DEPLOY}grafana-dashboard.json`, 'utf8'),
    ) as Dashboard;
    const silent: string[] = [];
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets) {
        const expression = expr
          .replaceAll('$__rate_interval', '1m')
          .replaceAll('$job', 'tusd-ts')
          .replaceAll('$instance', '.*');
        assert.doesNotMatch(expression, /\$/);
        if ((await query(url, expression)).length === 0) silent.push(title);
      }
    }
    // This daemon has neither hooks nor rules.
    assert.deepEqual(
      [...new Set(silent)],
      ['Deliveries to hooks', 'Oldest delivery', 'Files that rules deliver', 'Oldest file'],
    );
    // What else writes to this machine's disk is not the daemon's doing.
    assert.deepEqual(await query(url, 'ALERTS{alertname!~"TusdTsDisk.*"}'), []);

    renameSync(join(daemon.folder, 'tus'), join(daemon.folder, 'away'));
    await untilFires(url, 'TusdTsNotReady');
    await daemon.kill();
    await untilFires(url, 'TusdTsDown');
  },
);
