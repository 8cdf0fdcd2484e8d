import { Command } from 'commander';
import { KEYS } from '../../config/keys/keys.ts';
import type { DaemonLog } from '../../daemon/daemon-log.ts';
import { helpText } from '../output/help-text.ts';
import { inheritedSockets } from '../process/inherited-sockets.ts';
import type { Io } from '../process/io.ts';
import { IGNORED_SIGNALS, type Signal } from '../process/process-signals.ts';
import { createServiceManager } from '../process/service-manager.ts';
import { systemdNotify } from '../process/systemd-notify.ts';
import { programVersion } from '../process/version.ts';
import { addKeyOptions, readConfig } from '../store/config-options.ts';
import { assertFileStays, createReload } from './reload.ts';
import { createServeOutput } from './serve-output.ts';

const HELP = helpText({
  examples: [
    ['tusd-ts serve', 'serve ./uploads at http://127.0.0.1:1080/uploads/files/'],
    ['tusd-ts serve --upload-dir /srv/uploads --host 0.0.0.0', 'for other machines, too'],
    ['tusd-ts serve --retention-days 7 --cors-origin https://app.example.com', ''],
    ['tusd-ts serve --check', 'whether a start, or a reload, would succeed'],
    ['tusd-ts config', 'what is in force, and where each value comes from'],
  ],
  exits: [[69, 'cannot listen there, or another daemon serves this directory']],
  notes: [
    'SIGTERM, SIGINT (Ctrl-C) or SIGQUIT stops: running uploads and downloads get --drain-timeout, then what has arrived is kept and their clients can resume later. A second signal ends at once. SIGHUP reads the configuration and the secrets again; what is wrong is logged and changes nothing, and what needs a restart is named. SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGIO and SIGPWR are logged and ignored, SIGPIPE and SIGXFSZ silently.',
  ],
});

/** Exit codes for a second signal: 128 plus its number, as in shells. */
const STOP: readonly (readonly [Signal, number])[] = [
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
];

/** How long closing may take after the drain, before the process exits anyway (milliseconds). */
const LAST_STEPS = 1_500;
/** How long a stalled log reader may delay the exit (milliseconds). */
const LAST_LINES = 200;

/** `tusd-ts serve`: runs the daemon until a signal stops it. */
export function serveCommand(io: Io): Command {
  const command = new Command('serve').description(
    'Serve resumable uploads (tus 1.0.0) until a signal says stop',
  );
  addKeyOptions(command, KEYS);
  command.option('--check', 'check what a start would need, start nothing, and exit');
  return command.addHelpText('after', HELP).action(async (options) => {
    if (options.check) {
      const { checkServe } = await import('./check.ts');
      return checkServe(io, await readConfig(io, options, { withSecrets: true }));
    }
    const stop = stopSignal(io);
    // Loaded here, so that other commands do not wait for it.
    const { Daemon } = await import('../../daemon/daemon.ts');
    const { config, file } = await readConfig(io, options, { withSecrets: true });
    const output = await createServeOutput(io, config);
    ignoreSignals(io, output.log);
    const hangUp = signalGate(io, 'SIGHUP');
    let limit = config.drainTimeoutMs + LAST_STEPS;
    const manager = createServiceManager({
      env: io.env,
      pid: process.pid,
      send: systemdNotify(io.env),
      warn: (message) => output.log.event('warn', message),
    });
    void stop.then(() => {
      output.stopping();
      manager.stopping();
      setTimeout(() => {
        output.log.event('warn', 'stopping takes too long: what is on the disk is kept');
        process.exit(1);
      }, limit).unref();
    });
    try {
      const { daemon, ready } = await Daemon.start(
        config,
        output.log,
        inheritedSockets(io.env, process.pid),
        programVersion(),
      );
      output.ready(ready, file);
      const serving = `serving at ${ready.url}`;
      manager.ready(serving);
      const reload = createReload({
        load: async () => {
          const next = await readConfig(io, options, { withSecrets: true });
          assertFileStays(file, next.file);
          return next;
        },
        apply: (next) => daemon.reload(next),
        begins: () => manager.reloading(),
        ended: (refused) =>
          manager.ready(refused ? `${serving}; the last reload was refused` : serving),
        log: output.log,
        applied: ({ logLevel, drainTimeoutMs }) => {
          output.setLevel(logLevel);
          limit = drainTimeoutMs + LAST_STEPS;
        },
      });
      hangUp.open(reload);
      await stop;
      hangUp.close();
      await daemon.stop();
      output.stopped();
    } finally {
      await manager.flush(LAST_LINES);
      await output.flush(LAST_LINES);
    }
  });
}

/** Resolves on the first signal, to stop the daemon; the second one ends the process. */
function stopSignal(io: Io): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const [signal, code] of STOP) {
      io.onSignal(signal, () => {
        if (asked) process.exit(code);
        asked = true;
        resolve();
      });
    }
  });
}

function ignoreSignals(io: Io, log: DaemonLog): void {
  for (const signal of IGNORED_SIGNALS) {
    io.onSignal(signal, () => {
      if (signal !== 'SIGXFSZ') log.event('info', `${signal} is ignored`);
    });
  }
}

/** Passes a signal on while the gate is open; one that came before counts when it opens. */
function signalGate(io: Io, signal: Signal) {
  let early = false;
  let pass = () => {
    early = true;
  };
  io.onSignal(signal, () => pass());
  return {
    open(listener: () => void) {
      pass = listener;
      if (early) listener();
    },
    close() {
      pass = () => {};
    },
  };
}
