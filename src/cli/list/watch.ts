import { createLive } from '../../terminal/live.ts';
import { canMove } from '../output/text-output.ts';
import type { Io, Output } from '../process/io.ts';

/**
 * Draws what `print` writes again and again, `interval` milliseconds apart, until SIGINT or SIGTERM;
 * that is how it is meant to end, so it resolves then.
 */
export async function watch(
  io: Io,
  interval: number,
  print: (output: Output) => Promise<void>,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const signals = (['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const).map((name) =>
    io.onSignal(name, end),
  );
  let written = Promise.resolve();
  const live = createLive({
    write: (text) => {
      written = written.then(() => io.stdout.write(text));
      // Awaited below, with its failure; this only keeps the runtime from calling it unhandled.
      written.catch(() => {});
    },
    size: () => (canMove(io, io.stdout) ? io.stdout.size() : null),
  });
  try {
    while (!ending.signal.aborted) {
      live.draw(await frame(io.stdout, print));
      await written;
      await pause(interval, ending.signal);
    }
  } finally {
    live.stop();
    for (const off of signals) off();
  }
  await written;
}

async function frame(
  { isTTY, size }: Output,
  print: (output: Output) => Promise<void>,
): Promise<string[]> {
  let text = '';
  await print({
    isTTY,
    size,
    write: async (more) => {
      text += more;
    },
  });
  return text.replace(/\n$/, '').split('\n');
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
