/** Lets a number of things run at once; others wait in line, first come, first served. */
export class Gate {
  readonly #limit: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves to false when `waitFor` (milliseconds) was not enough to get in. */
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

  /** To be called once for every time that `enter` gave true. */
  leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
