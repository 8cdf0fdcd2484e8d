/** The longest name of a principal (UTF-16 code units). */
const LONGEST = 200;

/** Controls, separators, lone surrogates and characters that are not assigned. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/** Begins the names of upload links; a principal that is named elsewhere must not look like one. */
export const LINK_PREFIX = 'link:';

/**
 * Returns what is wrong with the name of a principal, or null. Two spellings of one name must not
 * be two principals, and one must not be able to take over the other, so a name is refused unless it
 * is in Unicode's normal form NFC.
 */
export function principalNameProblem(name: string): string | null {
  if (name === '') return 'the name is empty';
  if (name.length > LONGEST) return `the name is longer than ${LONGEST} characters`;
  if (FORBIDDEN.test(name)) return 'the name has control characters or is not valid Unicode';
  if (name.trim() !== name) return 'the name begins or ends with a blank';
  if (name.normalize('NFC') !== name) return 'the name is not in the normal form NFC of Unicode';
  if (name.startsWith(LINK_PREFIX)) return `only upload links have names with "${LINK_PREFIX}"`;
  return null;
}
