/** What a client can send as a token: people put one in the place of the user's name. */
const LIKE_A_TOKEN = /^[A-Za-z0-9._~+/=-]{16,}$/;

const LONGEST = 200;

/** A claimed name that nobody has here (hostile text) as the log may show it: it might be a secret. */
export function unknownName(name: string): string {
  return LIKE_A_TOKEN.test(name) ? '(hidden: it may be a token)' : name.slice(0, LONGEST);
}
