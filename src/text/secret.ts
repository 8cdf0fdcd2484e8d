/** Replaces a secret in all output. */
export const SECRET = '(secret)';
