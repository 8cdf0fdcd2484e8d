import { readFileSync } from 'node:fs';

/**
 * Names the boot the machine is in; null where the system does not tell. What a process wrote
 * survives its death, but a reboot may have been a power cut.
 */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
