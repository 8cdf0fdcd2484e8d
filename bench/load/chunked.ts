const LF = 10;

/**
 * Follows a chunked body to its end without keeping it: servers answer even an empty 201 that way
 * when nobody told them the length.
 */
export class ChunkedBody {
  #line = '';
  #left = 0;
  #place: 'size' | 'data' | 'after-data' | 'trailer' = 'size';
  bytes = 0;

  /** Takes what of `bytes` from `at` on belongs to the body. Returns true when the body ended. */
  push(bytes: Buffer, at: number): boolean {
    let position = at;
    while (position < bytes.length) {
      if (this.#place === 'data') {
        const taken = Math.min(this.#left, bytes.length - position);
        position += taken;
        this.#left -= taken;
        this.bytes += taken;
        if (this.#left === 0) this.#place = 'after-data';
        continue;
      }
      const end = bytes.indexOf(LF, position);
      if (end < 0) {
        this.#line += bytes.toString('latin1', position, bytes.length);
        return false;
      }
      const line = (this.#line + bytes.toString('latin1', position, end)).trimEnd();
      this.#line = '';
      position = end + 1;
      if (this.#place === 'after-data') this.#place = 'size';
      else if (this.#place === 'size') this.#begin(line);
      else if (line === '') return true;
    }
    return false;
  }

  #begin(line: string): void {
    this.#left = Number.parseInt(line, 16);
    if (Number.isNaN(this.#left)) throw new Error(`not the size of a chunk: ${line}`);
    this.#place = this.#left === 0 ? 'trailer' : 'data';
  }
}
