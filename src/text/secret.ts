/** What stands in the place of a secret wherever a person or a program could read it. */
export const SECRET = '(secret)';
