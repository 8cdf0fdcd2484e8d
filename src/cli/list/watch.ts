import { createLive } from '../../terminal/live.ts';
import { canMove } from '../output/text-output.ts';
import type { Io, Output } from '../process/io.ts';

/**
 * Redraws the output of `print` every `interval` milliseconds until SIGINT or SIGTERM; then it
 * resolves, since that is the normal end.
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
      // Awaited below, with its error; this only prevents an unhandled rejection.
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
