import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name that someone who wrote `name` probably meant, or undefined if none is near. Case,
 * hyphens and underscores don't count: `retention_days` is `retentionDays`.
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
