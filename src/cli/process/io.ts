import type { Signal } from './process-signals.ts';

/** A stream that a person or a program reads. */
export interface Output {
  /**
   * Resolves when the stream has taken the text, so that a slow reader slows the writer down.
   * Rejects with EPIPE when nobody reads any more.
   */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** true if systemd's journal reads it, which wants to be told the level of a line (default false). */
  readonly isJournal?: boolean;
  /** The terminal's size now; null where there is none. */
  size(): { readonly columns: number; readonly rows: number } | null;
}

/** What a command gets from the process that runs it; a test gives its own. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory; null when it was removed. */
  readonly cwd: string | null;
  /** Milliseconds since the epoch. */
  now(): number;
  /** An IANA name for the times that a person reads; without it, the system's time zone. */
  readonly timeZone?: string | undefined;
  /** Without it, the process's own. */
  readonly input?: Input | undefined;
  /** Returns what takes the listener away again. While there is one, the signal does not kill. */
  onSignal(signal: Signal, listener: () => void): () => void;
}

/** How a command gets to what a person types or pipes in; in a test, what the test gives. */
export interface Input {
  /** Resolves with the answer, or null when there is none. */
  ask(question: string): Promise<string | null>;
  /** false when nobody can be asked. */
  readonly isTTY: boolean;
  readonly lines: AsyncIterable<string>;
}

export interface Io extends Host {
  /** For a command that came to its end although something failed; what it throws has its own code. */
  setExitCode(code: number): void;
}
