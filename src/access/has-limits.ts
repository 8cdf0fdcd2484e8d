import type { Auth } from '../config/auth/auth-schema.ts';
import { subjectOf } from './subject.ts';

/** Whether any principal has limits that must be counted. */
export function hasLimits(auth: Auth | null): boolean {
  if (auth === null) return false;
  const all = [auth.everyone, auth.anonymous, ...auth.principals.values()];
  return all.some((rules) => subjectOf(null, rules) !== undefined);
}
