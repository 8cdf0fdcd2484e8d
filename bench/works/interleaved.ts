import { FIGURE_NAMES, type Sample } from '../figures.ts';
import type { LoadClient } from '../load-client.ts';
import type { Row } from '../report.ts';
import type { Sizes } from '../sizes.ts';
import { median } from '../statistics.ts';
import type { RunningSubject, Subject } from '../subjects/subject.ts';
import type { Bench, Work } from './work.ts';

/** A subject that is up, while one work is measured. */
export interface Target {
  readonly server: RunningSubject;
  readonly client: LoadClient;
  readonly sizes: Sizes;
}

interface Rounds extends Omit<Work, 'run'> {
  /** Fewer rounds than asked for, where one takes long. */
  readonly atMost?: number;
  readonly skip?: (subject: Subject) => boolean;
  /**
   * Prepares a subject and returns what one round does. In the warm-up round, which does not count,
   * `share` is less than 1: a round may do that part of its work.
   */
  open(target: Target): Promise<(share: number) => Promise<Sample>>;
}

interface Entrant {
  readonly subject: Subject;
  readonly samples: Sample[];
  server?: RunningSubject;
  round?: (share: number) => Promise<Sample>;
  error?: string;
}

const WARM_UP = 0.25;

/**
 * A work whose subjects are all up at once and take turns (A B C A B C …), so that a disk or a
 * machine that is slower for a while is slower for all of them.
 */
export function interleaved(rounds: Rounds): Work {
  return {
    ...rounds,
    async run(bench) {
      const entrants: Entrant[] = bench.subjects
        .filter((subject) => !rounds.skip?.(subject))
        .map((subject) => ({ subject, samples: [] }));
      try {
        for (const entrant of entrants) await attempt(entrant, () => enter(entrant, rounds, bench));
        const counted = Math.min(bench.rounds, rounds.atMost ?? bench.rounds);
        for (let round = 0; round <= counted; round++) {
          bench.progress(
            `${rounds.name}: ${round === 0 ? 'warm-up' : `round ${round} of ${counted}`}`,
          );
          for (const entrant of entrants) {
            await attempt(entrant, async () => {
              const sample = await entrant.round!(round === 0 ? WARM_UP : 1);
              if (round > 0) entrant.samples.push(sample);
            });
          }
        }
      } finally {
        for (const { server } of entrants) await server?.stop();
      }
      return withRatios(
        entrants.map((entrant) => toRow(entrant)),
        entrants,
      );
    },
  };
}

async function enter(entrant: Entrant, rounds: Rounds, bench: Bench): Promise<void> {
  const { subject } = entrant;
  const server = await subject.start(bench.directory(`${rounds.name}-${subject.name}`));
  entrant.server = server;
  entrant.round = await rounds.open({ server, client: bench.client, sizes: bench.sizes });
}

/** One subject that fails must not cost the others their figures. */
async function attempt(entrant: Entrant, step: () => Promise<void>): Promise<void> {
  if (entrant.error !== undefined) return;
  try {
    await step();
  } catch (error) {
    entrant.error = error instanceof Error ? error.message : String(error);
  }
}

function toRow({ subject, samples, error }: Entrant): Row {
  return {
    subject: subject.name,
    rounds: samples.length,
    figures: combine(samples),
    ...(error === undefined ? {} : { error }),
  };
}

/** Medians; of peaks the highest. */
export function combine(samples: readonly Sample[]): Sample {
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

function withRatios(rows: readonly Row[], entrants: readonly Entrant[]): Row[] {
  const figuresOf = (kind: Subject['kind']): Sample =>
    rows[entrants.findIndex(({ subject }) => subject.kind === kind)]?.figures ?? {};
  const stock = figuresOf('stock');
  const ceiling = figuresOf('ceiling');
  return rows.map((row) => ({
    ...row,
    figures: {
      ...row.figures,
      ...ratio('versusStock', rateOf(row.figures), rateOf(stock)),
      ...ratio('versusCeiling', rateOf(row.figures), rateOf(ceiling)),
      ...ratio('cpuVersusCeiling', cpuOf(row.figures), cpuOf(ceiling)),
    },
  }));
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
