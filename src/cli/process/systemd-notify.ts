import { errnoOf } from '../../fault.ts';
import type { Host } from './io.ts';

/** How long one notification may take (milliseconds): its receiver may never read. */
const PATIENCE = 5_000;

/**
 * Sends notifications by systemd's own program: Node has no datagram sockets of the unix family. The
 * program waits until systemd has read them, so the unit needs NotifyAccess=all and no more.
 */
export function systemdNotify({ PATH, NOTIFY_SOCKET }: Host['env']) {
  return async (assignments: readonly string[]): Promise<void> => {
    const { execFile } = await import('node:child_process');
    await new Promise<void>((resolve, reject) => {
      const env = { PATH, NOTIFY_SOCKET };
      const options = { env, timeout: PATIENCE, killSignal: 'SIGKILL' } as const;
      execFile('systemd-notify', [...assignments], options, (error, _stdout, stderr) => {
        if (!error) resolve();
        else reject(new Error(reasonOf(error, stderr)));
      });
    });
  };
}

function reasonOf(error: Error & { killed?: boolean }, stderr: string): string {
  if (errnoOf(error) === 'ENOENT') return 'the program systemd-notify is not installed';
  if (error.killed) return `systemd-notify took longer than ${PATIENCE / 1000} s`;
  return stderr.trim().split('\n').at(-1) || error.message;
}
