/** Something that is measured: a server that can be started on an empty directory. */
export interface Subject {
  readonly name: string;
  readonly kind: 'ours' | 'stock' | 'ceiling' | 'raw' | 'sink' | 'foreign';
  /** Throws with a sentence when the server does not come up. */
  start(directory: string): Promise<RunningSubject>;
}

export interface RunningSubject {
  /** Where uploads are created. */
  readonly url: string;
  /** The server's process, or null when it is not known. */
  readonly pid: number | null;
  /** From the start of the process to its ready line. */
  readonly startMs: number | null;
  stop(): Promise<void>;
}
