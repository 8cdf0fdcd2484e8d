import type { Host } from './io.ts';

/** The first descriptor that a service manager passes (SD_LISTEN_FDS_START). */
const FIRST = 3;
/** More than any unit has. */
const MOST = 256;

/**
 * The descriptors of the sockets that the service manager has opened for this process
 * (sd_listen_fds(3)). Empty when there are none, or when they are meant for another process.
 */
export function inheritedSockets({ LISTEN_PID, LISTEN_FDS }: Host['env'], pid: number): number[] {
  if (LISTEN_PID !== String(pid) || !/^[1-9]\d{0,2}$/.test(LISTEN_FDS ?? '')) return [];
  const count = Math.min(Number(LISTEN_FDS), MOST);
  return Array.from({ length: count }, (_, index) => FIRST + index);
}
