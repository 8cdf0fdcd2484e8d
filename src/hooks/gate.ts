/** Limits how many tasks run at once; others wait in order of arrival. */
export class Gate {
  readonly #limit: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves to false if there is no free slot within `waitFor` (milliseconds). */
  async enter(waitFor: number): Promise<boolean> {
    if (this.#running < this.#limit) {
      this.#running += 1;
      return true;
    }
    return new Promise((resolve) => {
      const come = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#line.splice(this.#line.indexOf(come), 1);
        resolve(false);
      }, waitFor);
      this.#line.push(come);
    });
  }

  /** Call once for every `enter` that resolved to true. */
  leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
