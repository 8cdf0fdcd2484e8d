import type { LoadClient } from '../load-client.ts';
import type { Row } from '../report.ts';
import type { Sizes } from '../sizes.ts';
import type { Subject } from '../subjects/subject.ts';

/** One kind of load that subjects are compared under. */
export interface Work {
  /** As `--work` names it. */
  readonly name: string;
  readonly title: (sizes: Sizes) => string;
  /** What a reader of the figures must know. */
  readonly notes?: readonly string[];
  /** Runs only when it is named: it takes long, or much of the disk. */
  readonly onlyOnRequest?: boolean;
  run(bench: Bench): Promise<Row[]>;
}

/** What a work has to work with. */
export interface Bench {
  readonly subjects: readonly Subject[];
  readonly client: LoadClient;
  readonly sizes: Sizes;
  readonly rounds: number;
  /** A new empty directory for a subject's data; removed when the run ends. */
  directory(name: string): string;
  /** The compiled daemon and programs of works, for those that start them themselves. */
  readonly daemon: string;
  readonly fillCatalog: string;
  readonly receiver: string;
  /** Tells a person who waits what is going on. */
  readonly progress: (text: string) => void;
}
