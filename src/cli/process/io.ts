import type { Signal } from './process-signals.ts';

/** An output stream. */
export interface Output {
  /**
   * Resolves when the stream has taken the text, so that a slow reader slows the writer down.
   * Rejects with EPIPE when the reader has closed the stream.
   */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /**
   * true if the reader is systemd's journal, which expects a level on each line (default false).
   */
  readonly isJournal?: boolean;
  /** The terminal's current size; null if it is not a terminal. */
  size(): { readonly columns: number; readonly rows: number } | null;
}

/** What a command needs from its process; tests provide their own. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory; null when it was removed. */
  readonly cwd: string | null;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The IANA time zone for displayed times; default: the system's. */
  readonly timeZone?: string | undefined;
  /** Default: the process's standard input. */
  readonly input?: Input | undefined;
  /** Returns a function that removes the listener. While there is one, the signal does not kill. */
  onSignal(signal: Signal, listener: () => void): () => void;
}

/** Standard input; tests provide their own. */
export interface Input {
  /** Resolves with the answer, or null when there is none. */
  ask(question: string): Promise<string | null>;
  /** The same without showing what is typed. */
  askSecret(question: string): Promise<string | null>;
  /** false if input is not a terminal, so questions are not possible. */
  readonly isTTY: boolean;
  readonly lines: AsyncIterable<string>;
  /** The same as raw bytes; either may be used, not both. */
  readonly bytes: AsyncIterable<Buffer>;
}

export interface Io extends Host {
  /** For a command that completed in spite of failures; thrown faults have their own exit code. */
  setExitCode(code: number): void;
}
