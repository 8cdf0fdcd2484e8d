import { Command } from 'commander';
import { CONFIG_KEYS } from '../config/schema.ts';
import { addConfigOptions, readConfig } from './config-options.ts';
import { helpText } from './help-text.ts';
import type { Io } from './io.ts';
import { createServeOutput } from './serve-output.ts';

const HELP = helpText({
  examples: [
    ['tusd-ts serve', 'serve ./uploads at http://127.0.0.1:1080/uploads/files/'],
    ['tusd-ts serve --upload-dir /srv/uploads --host 0.0.0.0', 'for other machines, too'],
    ['tusd-ts serve --retention-days 7 --cors-origin https://app.example.com', ''],
    ['tusd-ts config', 'what is in force, and where each value comes from'],
  ],
  exits: [[69, 'cannot listen there, or another daemon serves this directory']],
  notes: [
    'SIGTERM or SIGINT (Ctrl-C) stops: running uploads get --drain-timeout, then what has arrived is kept and their clients can resume later. A second signal ends at once.',
  ],
});

/** `tusd-ts serve`: runs the daemon until a signal stops it. */
export function serveCommand(io: Io): Command {
  const command = new Command('serve').description(
    'Serve resumable uploads (tus 1.0.0) until a signal says stop',
  );
  addConfigOptions(command, CONFIG_KEYS);
  return command.addHelpText('after', HELP).action(async (options) => {
    // Loaded here, since the other commands would wait for it, too.
    const { Daemon } = await import('../daemon/daemon.ts');
    const { config, file } = await readConfig(io, options, { withSecrets: true });
    const output = createServeOutput(io, config);
    // Listened to before anything is open, so that an early Ctrl-C is not lost.
    const signals = createSignals(io);
    try {
      const { daemon, ready } = await Daemon.start(config, output.log);
      output.ready(ready, file);
      await signals.first;
      output.stopping();
      await daemon.stop();
      output.stopped();
    } finally {
      signals.release();
    }
  });
}

/** The first signal asks for an end; the second one does not ask. */
function createSignals(io: Io): { readonly first: Promise<void>; release(): void } {
  let release = () => {};
  const first = new Promise<void>((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    const offs = [io.onSignal('SIGINT', onSignal), io.onSignal('SIGTERM', onSignal)];
    release = () => {
      for (const off of offs) off();
    };
  });
  return { first, release: () => release() };
}
