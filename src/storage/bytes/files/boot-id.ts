import { readFileSync } from 'node:fs';

/**
 * The id of the current boot; null where the system has none. Written bytes survive the death of the
 * process, but a reboot may have been a power cut.
 */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
