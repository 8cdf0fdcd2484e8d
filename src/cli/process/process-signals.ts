/** Signals that end a command unless it listens to them. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP';

/**
 * Signals that `serve` ignores and logs. SIGUSR1 would open Node's debugger, the others would kill.
 */
export const IGNORED_SIGNALS = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
  // Sent at the file size limit; the write also fails with EFBIG, and the client gets an error.
  'SIGXFSZ',
] as const satisfies readonly NodeJS.Signals[];

/** Signals that a command may listen to. */
export type Signal = StopSignal | (typeof IGNORED_SIGNALS)[number];

const SERVE_HOLDS: readonly Signal[] = [
  'SIGINT',
  'SIGTERM',
  'SIGQUIT',
  'SIGHUP',
  ...IGNORED_SIGNALS,
];

type OnSignal = (signal: Signal, listener: () => void) => () => void;

/**
 * Takes over the process's signals before the program is loaded, which takes a few tenths of a
 * second. For `serve`, signals that arrive meanwhile are kept for its listeners; for other
 * commands, signals that end a process still do. Returns a function that adds a listener for a
 * signal and returns a function to remove it. Node ignores SIGPIPE by itself.
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
