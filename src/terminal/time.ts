export interface TimeOptions {
  /** An IANA name ("Europe/Berlin"); without it, the system's time zone. */
  readonly timeZone?: string | undefined;
}

let iso = { ms: Number.NaN, text: '' };

const formats = new Map<string, Intl.DateTimeFormat>();

/** Local date and time, "2026-11-23 13:07:44". `ms` is milliseconds since the epoch. */
export function formatDateTime(ms: number, options: TimeOptions = {}): string {
  const { year, month, day, hour, minute, second } = partsOf(ms, options);
  return `${year.padStart(4, '0')}-${month}-${day} ${hour}:${minute}:${second}`;
}

/** Local time of day, "13:07:44", or "13:07" without seconds. */
export function formatClock(
  ms: number,
  options: TimeOptions & { readonly seconds?: boolean } = {},
): string {
  const { hour, minute, second } = partsOf(ms, options);
  return options.seconds === false ? `${hour}:${minute}` : `${hour}:${minute}:${second}`;
}

/** ISO 8601 in UTC with milliseconds, for programs: "2026-11-23T12:07:44.000Z". */
export function formatIso(ms: number): string {
  // A busy log formats the same millisecond many times.
  if (ms !== iso.ms) iso = { ms, text: new Date(ms).toISOString() };
  return iso.text;
}

const NO_PARTS = { year: '', month: '', day: '', hour: '', minute: '', second: '' };
let last = { at: Number.NaN, timeZone: undefined as string | undefined, parts: NO_PARTS };

function partsOf(ms: number, { timeZone }: TimeOptions): typeof NO_PARTS {
  // A busy log formats the same second many times.
  const at = Math.floor(ms / 1000);
  if (at === last.at && timeZone === last.timeZone) return last.parts;
  const parts = timeZone === undefined ? systemPartsOf(new Date(ms)) : zonePartsOf(ms, timeZone);
  last = { at, timeZone, parts };
  return parts;
}

/** Without Intl: loading it takes as long as reading the configuration. */
function systemPartsOf(date: Date) {
  return {
    year: String(date.getFullYear()),
    month: twoDigits(date.getMonth() + 1),
    day: twoDigits(date.getDate()),
    hour: twoDigits(date.getHours()),
    minute: twoDigits(date.getMinutes()),
    second: twoDigits(date.getSeconds()),
  };
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function zonePartsOf(ms: number, timeZone: string) {
  const parts = { ...NO_PARTS };
  for (const { type, value } of formatFor(timeZone).formatToParts(ms)) {
    if (type in parts) parts[type as keyof typeof parts] = value;
  }
  return parts;
}

/** Creating a format costs far more than using it, and the log formats a time for every line. */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, format);
  return format;
}
