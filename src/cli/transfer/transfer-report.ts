import type { Fault } from '../../fault.ts';

/** Reports a transfer to a person or a program. */
export interface TransferReport {
  /** A transfer begins. `size` in bytes, null if it is not known. */
  begin(name: string, size: number | null): TransferTrack;
  note(text: string): void;
  /** Something that was named is not transferred. */
  failed(name: string, fault: unknown): void;
  /** All is over. Prints the totals, or nothing if there are none because the command failed. */
  end(totals: Totals | null): void;
}

/** The report of one transfer. */
export interface TransferTrack {
  position(bytes: number): void;
  /** The size, once it is known. */
  size(bytes: number): void;
  retry(fault: Fault, delay: number): void;
  note(text: string): void;
  done(outcome: Outcome): void;
  failed(fault: unknown): void;
  /** It was interrupted: nothing more is shown of it. */
  stopped(): void;
}

export interface Outcome {
  /** What is printed on standard output: the URL of an upload, the path of a download. */
  readonly result: string;
  readonly size: number;
  /** An earlier run had done it already. */
  readonly already: boolean;
  /** What was compared at the end, such as "crc32". */
  readonly compared: string | null;
}

export interface Totals {
  readonly done: number;
  readonly already: number;
  readonly failed: number;
  readonly skipped: number;
  readonly bytes: number;
  readonly elapsed: number;
}

/** All that is to come, as far as it is known at the beginning. */
export interface Planned {
  readonly count: number;
  readonly bytes: number | null;
}
