const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/**
 * Bytes for a person, in binary units with three significant digits at most: "0 B", "1.9 GiB",
 * "812 MiB". null is "unknown".
 */
export function formatSize(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  let value = bytes;
  let unit = 0;
  // Compared as it will be shown: 1023.7 KiB is 1 MiB and never "1024 KiB".
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${UNITS[unit]}`;
}

/** Bytes to the last one: "883,949,568 bytes", "1 byte". null is "unknown". */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
}

/** A whole number with commas, whatever the locale: scripts and screenshots look the same everywhere. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Bytes in a time as a rate, "12.3 MiB/s"; null when no time passed, since nothing can be said then. */
export function formatRate(bytes: number, ms: number): string | null {
  return ms > 0 ? `${formatSize(Math.round((bytes * 1000) / ms))}/s` : null;
}

function threeDigits(value: number): string {
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return String(Number(value.toFixed(decimals)));
}
