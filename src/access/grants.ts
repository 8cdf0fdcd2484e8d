import type { Grant } from '../config/auth/rules-schema.ts';

const ALL: Readonly<Record<Grant, true>> = {
  create: true,
  append: true,
  read: true,
  'read-any': true,
  terminate: true,
};

/** The grants that these words name; all other words are ignored. */
export function grantsIn(words: readonly unknown[]): Grant[] {
  return (Object.keys(ALL) as Grant[]).filter((grant) => words.includes(grant));
}
