import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name closest to `name`, for suggestions, or undefined if none is close. Case, hyphens
 * and underscores are ignored: `retention_days` is `retentionDays`.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > 100) return undefined;
  const plain = plainName(name);
  const names = new Map(known.map((item) => [plainName(item), item]));
  const best = closest(plain, [...names.keys()]);
  const limit = Math.max(2, Math.floor(Math.max(plain.length, best.length) / 3));
  return distance(plain, best) <= limit ? names.get(best) : undefined;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
