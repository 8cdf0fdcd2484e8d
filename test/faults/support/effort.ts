/** How much the fault tests do: a little in `npm test`, more in CI, much with `npm run test:faults`. */
export const LONG = process.env.TUSD_TS_FAULTS === 'long';

const IN_CI = !['', '0', 'false', undefined].includes(process.env.CI);

/** Picks by effort. A variable, when it is set, has the last word. */
export function effort(
  amounts: { readonly short: number; readonly ci?: number; readonly long: number },
  variable?: string,
): number {
  const given = Number(variable === undefined ? '' : (process.env[variable] ?? ''));
  if (given > 0) return given;
  if (LONG) return amounts.long;
  return IN_CI ? (amounts.ci ?? amounts.short) : amounts.short;
}
