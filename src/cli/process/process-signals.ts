/** Signals that end a command unless it asks for them. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP';

/** What `serve` survives and logs. SIGUSR1 would open Node's debugger, the others would kill. */
export const IGNORED_SIGNALS = [
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
  // Sent at a limit for the size of files; the write fails with EFBIG, which its client is told.
  'SIGXFSZ',
] as const satisfies readonly NodeJS.Signals[];

/** Signals that a command may listen to. */
export type Signal = StopSignal | (typeof IGNORED_SIGNALS)[number];

const SERVE_HOLDS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGQUIT', ...IGNORED_SIGNALS];

type OnSignal = (signal: Signal, listener: () => void) => () => void;

/**
 * Takes over the process's signals before the program is loaded, which takes a few tenths of a
 * second. For `serve` those that arrive meanwhile are kept for its listeners; other commands leave
 * the signals that end a program as they are. Returns a function that listens to a signal and that
 * returns a function to stop listening. SIGPIPE is ignored by Node itself.
 */
export function takeSignals(argv: readonly string[]): OnSignal {
  const early = new Set<Signal>();
  const holders = new Map<Signal, () => void>();
  for (const signal of argv[0] === 'serve' ? SERVE_HOLDS : (['SIGUSR1', 'SIGUSR2'] as const)) {
    const hold = () => early.add(signal);
    holders.set(signal, hold);
    process.on(signal, hold);
  }
  return (signal, listener) => {
    process.on(signal, listener);
    const hold = holders.get(signal);
    if (hold) process.off(signal, hold);
    holders.delete(signal);
    if (early.delete(signal)) setImmediate(listener);
    return () => process.off(signal, listener);
  };
}
