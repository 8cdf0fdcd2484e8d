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
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** An IANA name for the times that a person reads; without it, the system's time zone. */
  readonly timeZone?: string | undefined;
  /** Returns what takes the listener away again. While there is one, the signal does not kill. */
  onSignal(signal: 'SIGINT' | 'SIGTERM', listener: () => void): () => void;
}

export interface Io extends Host {
  /** For a command that came to its end although something failed; what it throws has its own code. */
  setExitCode(code: number): void;
}
