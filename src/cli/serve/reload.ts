import type { Config } from '../../config/config.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { DaemonLog } from '../../daemon/daemon-log.ts';
import type { Reloaded } from '../../daemon/live-options.ts';
import { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';

export interface ReloadOptions {
  /** Reads the configuration again, as at the start. */
  readonly load: () => Promise<LoadedConfig>;
  /** Puts it in force, or throws and changes nothing. */
  readonly apply: (config: Config) => Promise<Reloaded>;
  /** Called with what is in force afterwards. */
  readonly applied: (config: Config) => void;
  readonly begins: () => void;
  /** Called after each reload; `refused` if nothing was put in force. */
  readonly ended: (refused: boolean) => void;
  readonly log: Pick<DaemonLog, 'event' | 'bug'>;
}

/**
 * Makes the function that reloads the configuration. It may be called at any time: reloads run one
 * after the other, and all calls during one are answered by one more.
 */
export function createReload(options: ReloadOptions): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    do {
      again = false;
      options.begins();
      options.ended(!(await reloadOnce(options)));
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}

/**
 * Throws CONFIG when the file in force has gone: its absence must not mean the defaults, which may
 * keep uploads for less time.
 */
export function assertFileStays(before: string | null, now: string | null): void {
  if (before === null || now !== null) return;
  throw new Fault('CONFIG', `the configuration file ${sanitize(before)} has gone.`, {
    hint: 'Put it back, or restart the daemon to go without one.',
  });
}

/** Logs what has changed. A configuration that is wrong is refused as a whole: false. */
async function reloadOnce({ load, apply, applied, log }: ReloadOptions): Promise<boolean> {
  try {
    const loaded = await load();
    const { config, changed, needRestart } = await apply(loaded.config);
    const from = loaded.file === null ? '' : ` from ${loaded.file}`;
    const what = changed.length === 0 ? 'nothing new' : `new values for ${changed.join(', ')}`;
    log.event('info', `configuration reloaded${from}: ${what}`);
    if (needRestart.length > 0) {
      log.event('warn', `a restart is needed for the new values of ${needRestart.join(', ')}`);
    }
    // Last, because the log level may be among it.
    applied(config);
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) {
      log.bug(error);
      return false;
    }
    const { title, details, hint = '' } = error;
    const why = [title, ...details, hint].filter(Boolean).join(' ');
    log.event('error', `configuration not reloaded, the one in force stays: ${why}`);
    return false;
  }
}
