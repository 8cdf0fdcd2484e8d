import type { Durations } from './durations.ts';
import type { Facts, StorageFacts } from './facts.ts';

/** One number of a metric and its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface MetricOf<T extends string, V> {
  readonly type: T;
  /** Follows the conventions of Prometheus: base units, "_total" for counters. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (facts: Facts) => readonly V[];
}

export type HistogramSample = readonly [
  labels: Readonly<Record<string, string>>,
  durations: Durations,
];

export type Metric =
  | MetricOf<'counter', Sample>
  | MetricOf<'gauge', Sample>
  | MetricOf<'histogram', HistogramSample>;

const one = (value: number | null | undefined): Sample[] =>
  value === null || value === undefined ? [] : [[{}, value]];

const by = (label: string, counts: Iterable<readonly [string, number]>): Sample[] =>
  [...counts].map(([name, value]) => [{ [label]: name }, value]);

/** The same with 0 for names that have not occurred: a rate needs a first value. */
const byAll = (label: string, names: readonly string[], counts: ReadonlyMap<string, number>) =>
  by(label, new Map([...names.map((name) => [name, 0] as const), ...counts]));

const seconds = (milliseconds: number) => milliseconds / 1000;

const stored = (facts: Facts, samples: (storage: StorageFacts) => Sample[]) =>
  facts.storage ? samples(facts.storage) : [];

const KINDS = ['single', 'partial', 'final'];
const REMOVALS = [
  ...['expired', 'terminated', 'cleanup', 'operator', 'stopped', 'rejected', 'file-missing'],
];

/** All metrics of our own. docs/monitoring.md describes them; a test compares. */
export const METRICS: readonly Metric[] = [
  {
    ...{ type: 'gauge', name: 'tusd_ts_info', labels: ['version'] },
    help: 'Always 1; the version of the program.',
    samples: ({ version }) => [[{ version }, 1]],
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_check_ok', labels: ['check'] },
    help: 'What /readyz looks at: 1 if it is well, 0 if not.',
    samples: ({ checks }) =>
      by(
        'check',
        Object.entries(checks).map(([name, { ok }]) => [name, ok ? 1 : 0] as const),
      ),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_uploads_created_total', labels: ['kind'] },
    help: 'Uploads created.',
    samples: ({ tally }) => byAll('kind', KINDS, tally.created),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_uploads_finished_total', labels: ['kind'] },
    help: 'Uploads finished.',
    samples: ({ tally }) => byAll('kind', KINDS, tally.finished),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_uploads_removed_total', labels: ['reason'] },
    help: 'Uploads removed by this process.',
    samples: ({ tally }) => byAll('reason', REMOVALS, tally.removed),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_uploads_refused_total', labels: ['reason'] },
    help: 'Creations that were refused, and finishes that a hook refused.',
    samples: ({ tally }) => by('reason', tally.refused),
  },
  {
    ...{ type: 'histogram', name: 'tusd_ts_upload_duration_seconds', labels: [] },
    help: 'Time from the creation of an upload to its last byte; without parts.',
    samples: ({ tally }) => [[{}, tally.uploadDurations]],
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_uploads_unfinished', labels: ['status'] },
    help: 'Unfinished uploads in the catalog.',
    samples: (facts) => stored(facts, ({ unfinished }) => by('status', Object.entries(unfinished))),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_bodies_running', labels: ['state'] },
    help: 'Bodies being read now; stalled ones have been silent for 10 seconds.',
    samples: (facts) =>
      stored(facts, ({ activity: { receiving, stalled } }) =>
        by('state', Object.entries({ receiving, stalled })),
      ),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_bodies_total', labels: ['body'] },
    help: 'Bodies that were read, directly from the socket or as a stream.',
    samples: ({ tally }) => byAll('body', ['direct', 'stream'], tally.bodies),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_upload_received_bytes_total', labels: ['body'] },
    help: 'Bytes of uploads that were written, by the way in which their bodies were read.',
    samples: (facts) =>
      stored(facts, ({ activity }) => by('body', Object.entries(activity.received))),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_requests_total', labels: ['method', 'status'] },
    help: 'Requests by method and status; "none" for clients that had gone before the answer.',
    samples: ({ tally }) =>
      [...tally.methods].flatMap(([method, { statuses }]) =>
        [...statuses].map(([status, count]): Sample => [{ method, status }, count]),
      ),
  },
  {
    ...{ type: 'histogram', name: 'tusd_ts_request_duration_seconds', labels: ['method'] },
    help: 'Duration of requests, bodies included.',
    samples: ({ tally }) =>
      [...tally.methods].map(([method, { durations }]) => [{ method }, durations]),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_errors_total', labels: ['code'] },
    help: 'Requests that were refused or failed.',
    // The alert on bugs must see the first one, too.
    samples: ({ tally }) => byAll('code', ['bug'], tally.errors),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_connections', labels: [] },
    help: 'Open connections.',
    samples: ({ connections }) => one(connections.open),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_connections_accepted_total', labels: [] },
    help: 'Connections accepted.',
    samples: ({ connections }) => one(connections.accepted),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_connections_refused_total', labels: [] },
    help: 'Connections closed at once because maxConnections were open.',
    samples: ({ tally }) => one(tally.turnedAway),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_network_received_bytes_total', labels: [] },
    help: 'Bytes received from clients, headers included.',
    samples: ({ connections }) => one(connections.received),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_network_sent_bytes_total', labels: [] },
    help: 'Bytes sent to clients, headers included.',
    samples: ({ connections }) => one(connections.sent),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_sweeps_total', labels: ['result'] },
    help: 'Scheduled sweeps.',
    samples: ({ sweeps: { done, failed } }) => by('result', Object.entries({ done, failed })),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_sweep_removed_total', labels: [] },
    help: 'Uploads, parts and files that scheduled sweeps removed.',
    samples: ({ sweeps }) => one(sweeps.removed),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_sweep_freed_bytes_total', labels: [] },
    help: 'Bytes that scheduled sweeps freed.',
    samples: ({ sweeps }) => one(sweeps.freed),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_sweep_last_timestamp_seconds', labels: [] },
    help: 'When the last scheduled sweep ended (Unix time).',
    samples: ({ sweeps }) => one(sweeps.last && seconds(sweeps.last.at)),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_sweep_last_duration_seconds', labels: [] },
    help: 'How long the last scheduled sweep took.',
    samples: ({ sweeps }) => one(sweeps.last && seconds(sweeps.last.ms)),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_deliveries', labels: ['hook', 'state'] },
    help: 'Deliveries to hooks that are pending, failing or dead.',
    samples: (facts) =>
      stored(facts, ({ deliveries }) =>
        deliveries.flatMap(({ hook, pending, failing, dead }) =>
          Object.entries({ pending, failing, dead }).map(
            ([state, count]): Sample => [{ hook, state }, count],
          ),
        ),
      ),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_delivery_oldest_seconds', labels: ['hook'] },
    help: 'Age of the oldest delivery that waits.',
    samples: (facts) =>
      stored(facts, ({ deliveries }) =>
        deliveries.map(({ hook, oldestAt }) => {
          const age = oldestAt === null ? 0 : Math.max(0, facts.now - oldestAt);
          return [{ hook }, seconds(age)];
        }),
      ),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_undelivered', labels: ['rule', 'state'] },
    help: 'Finished files that a rule has yet to deliver: pending or failing.',
    samples: (facts) =>
      stored(facts, ({ placements }) =>
        placements.flatMap(({ rule, pending, failing }) =>
          Object.entries({ pending, failing }).map(
            ([state, count]): Sample => [{ rule, state }, count],
          ),
        ),
      ),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_undelivered_oldest_seconds', labels: ['rule'] },
    help: 'Age of the oldest file that a rule has yet to deliver.',
    samples: (facts) =>
      stored(facts, ({ placements }) =>
        placements.map(({ rule, oldestAt }) => [
          { rule },
          seconds(Math.max(0, facts.now - oldestAt)),
        ]),
      ),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_delivered_total', labels: ['rule'] },
    help: 'Files that a rule has delivered.',
    samples: ({ tally }) => by('rule', tally.delivered),
  },
  {
    ...{ type: 'counter', name: 'tusd_ts_hook_attempts_total', labels: ['hook', 'result'] },
    help: 'Attempts to reach a hook: ok, failed, overdue or aborted.',
    samples: ({ tally }) =>
      [...tally.hooks].flatMap(([hook, { outcomes }]) =>
        [...outcomes].map(([result, count]): Sample => [{ hook, result }, count]),
      ),
  },
  {
    ...{ type: 'histogram', name: 'tusd_ts_hook_duration_seconds', labels: ['hook'] },
    help: 'Duration of attempts to reach a hook.',
    samples: ({ tally }) => [...tally.hooks].map(([hook, { durations }]) => [{ hook }, durations]),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_disk_free_bytes', labels: [] },
    help: 'Bytes that may still be written.',
    samples: (facts) => stored(facts, ({ free }) => one(free)),
  },
  {
    ...{ type: 'gauge', name: 'tusd_ts_disk_floor_bytes', labels: [] },
    help: 'minFreeSpace: uploads that would leave less are refused.',
    samples: (facts) => stored(facts, ({ floor }) => one(floor)),
  },
];
