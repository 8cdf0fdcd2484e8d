/** A promise that was broken. */
export class Violation extends Error {
  /** Which one: the same for every run that breaks it. */
  readonly promise: string;

  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}
