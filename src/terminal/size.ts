const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/**
 * Bytes for a person, in binary units with at most three significant digits: "0 B", "1.9 GiB", "812
 * MiB". null is "unknown".
 */
export function formatSize(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  let value = bytes;
  let unit = 0;
  // Compares the rounded value: 1023.7 KiB becomes 1 MiB, not "1024 KiB".
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${UNITS[unit]}`;
}

/** An exact number of bytes: "883,949,568 bytes", "1 byte". null is "unknown". */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
}

/** A whole number with commas, in every locale, so that output is the same everywhere. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Bytes per time as a rate, "12.3 MiB/s"; null if no time has passed. */
export function formatRate(bytes: number, ms: number): string | null {
  return ms > 0 ? `${formatSize(Math.round((bytes * 1000) / ms))}/s` : null;
}

function threeDigits(value: number): string {
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return String(Number(value.toFixed(decimals)));
}
