/** Keeps the beginning of a program's output and counts the rest, so that memory use is bounded. */
export class BoundedOutput {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = this.#limit - this.#kept;
    if (room <= 0) return;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  /** true when the output was longer than the limit. */
  get overflowed(): boolean {
    return this.#total > this.#limit;
  }

  /** Bytes that were not kept. */
  get dropped(): number {
    return this.#total - this.#kept;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
