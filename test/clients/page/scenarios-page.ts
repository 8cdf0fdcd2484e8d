import type { Kit } from '../kit.ts';
import { SCENARIOS } from '../scenarios.ts';

/** What the test gives to a page, which has the client itself as the global `tus`. */
export interface Place {
  readonly scenario: string;
  readonly major: number;
  readonly endpoint: string;
  readonly cutting: string;
}

async function runScenario({ scenario, ...place }: Place): Promise<void> {
  const { tus } = globalThis as unknown as { tus: Kit['tus'] };
  await SCENARIOS[scenario]?.run({
    ...{ tus, ...place },
    source: (bytes) => new Blob([bytes]),
    stream: (bytes) => new Blob([bytes]).stream().getReader(),
  });
}

Object.assign(globalThis, { runScenario });
