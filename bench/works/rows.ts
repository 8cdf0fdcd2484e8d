import { FIGURE_NAMES, type Sample } from '../figures.ts';
import type { Row } from '../report.ts';
import { median } from '../statistics.ts';
import type { Subject } from '../subjects/subject.ts';

/** What the rounds of one subject came to. */
export interface Outcome {
  readonly subject: Subject;
  readonly samples: readonly Sample[];
  error?: string;
}

/** One row per subject: its medians, and how they compare with stock and the ceiling. */
export function toRows(outcomes: readonly Outcome[]): Row[] {
  const combined = outcomes.map(({ samples }) => combine(samples));
  const figuresOf = (kind: Subject['kind']): Sample =>
    combined[outcomes.findIndex(({ subject }) => subject.kind === kind)] ?? {};
  const stock = figuresOf('stock');
  const ceiling = figuresOf('ceiling');
  return outcomes.map(({ subject, samples, error }, at) => {
    const figures = combined[at] ?? {};
    return {
      subject: subject.name,
      rounds: samples.length,
      figures: {
        ...figures,
        ...ratio('versusStock', rateOf(figures), rateOf(stock)),
        ...ratio('versusCeiling', rateOf(figures), rateOf(ceiling)),
        ...ratio('cpuVersusCeiling', cpuOf(figures), cpuOf(ceiling)),
      },
      samples,
      ...(error === undefined ? {} : { error }),
    };
  });
}

/** Medians; of peaks the highest. */
function combine(samples: readonly Sample[]): Sample {
  const figures: Sample = {};
  for (const name of FIGURE_NAMES) {
    const values = samples.flatMap((sample) => sample[name] ?? []);
    if (values.length === 0) continue;
    figures[name] = name === 'peakMib' ? Math.max(...values) : median(values);
  }
  const rates = samples.flatMap((sample) => rateOf(sample) ?? []);
  if (rates.length > 1) {
    figures.spreadPercent = ((Math.max(...rates) - Math.min(...rates)) / median(rates)) * 100;
  }
  return figures;
}

function rateOf(sample: Sample): number | undefined {
  return sample.mibPerSecond ?? sample.perSecond;
}

function cpuOf(sample: Sample): number | undefined {
  return sample.cpuPerGib ?? sample.cpuPer1000;
}

function ratio(
  name: 'versusStock' | 'versusCeiling' | 'cpuVersusCeiling',
  value: number | undefined,
  base: number | undefined,
): Sample {
  return value === undefined || !base ? {} : { [name]: value / base };
}
