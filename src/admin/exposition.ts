import { collectDefaultMetrics, type Metric as PromMetric, Registry } from 'prom-client';
import type { Facts } from './facts.ts';
import { type HistogramSample, METRICS, type Metric } from './metrics.ts';

export interface Exposition {
  /** The metrics in the text format of Prometheus. */
  write(facts: Facts): Promise<string>;
  readonly contentType: string;
}

/** Gauges of prom-client that are called totals, which Prometheus keeps for counters; each has a sibling by type. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** Our metrics and those of the process and of Node, by prom-client. */
export function createExposition(): Exposition {
  const registry = new Registry();
  let facts: Facts | undefined;
  for (const metric of METRICS) {
    registry.registerMetric(promMetric(metric, () => (facts ? valuesOf(metric, facts) : [])));
  }
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return {
    contentType: registry.contentType,
    write: async (latest) => {
      facts = latest;
      return registry.metrics();
    },
  };
}

/**
 * A metric as the registry sees it. prom-client's own count by themselves, at some cost for each request; here
 * the numbers exist already, and are only written.
 */
function promMetric({ type, name, help }: Metric, values: () => readonly object[]): PromMetric {
  const get = async () => ({ name, help, type, values: values(), aggregator: 'sum' });
  return { name, get, reset: () => {} } as unknown as PromMetric;
}

function valuesOf(metric: Metric, facts: Facts): readonly object[] {
  if (metric.type === 'histogram') {
    return metric.samples(facts).flatMap((sample) => bucketsOf(metric.name, sample));
  }
  return metric.samples(facts).map(([labels, value]) => ({ labels, value }));
}

function bucketsOf(name: string, [labels, { bounds, counts, sum }]: HistogramSample) {
  let count = 0;
  const buckets = counts.map((own, index) => {
    count += own;
    const le = bounds[index] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
