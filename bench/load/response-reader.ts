import { ChunkedBody } from './chunked.ts';

/** Of a response, what the load client looks at. */
export interface Response {
  readonly status: number;
  readonly location: string | undefined;
  readonly uploadOffset: number | undefined;
  readonly bodyBytes: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Reads one response after the other from a connection; bodies are counted and dropped. */
export class ResponseReader {
  #ofHead = false;
  #partial: Buffer | undefined;
  #head = '';
  #chunked: ChunkedBody | undefined;
  #bodyLeft = 0;
  #bodyBytes = 0;
  #inBody = false;

  /** The next response answers a HEAD, so no body follows whatever its headers say. */
  expect(method: string): void {
    this.#ofHead = method === 'HEAD';
  }

  /** Returns the response when these bytes complete it. */
  push(received: Buffer): Response | undefined {
    if (this.#inBody) return this.#body(received, 0);
    const bytes = this.#partial ? Buffer.concat([this.#partial, received]) : received;
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      // The receive buffer is used again, so what is kept must be copied.
      this.#partial = Buffer.from(bytes);
      return undefined;
    }
    this.#partial = undefined;
    this.#head = bytes.toString('latin1', 0, end);
    const rest = end + END_OF_HEAD.length;
    if (this.#status() < 200)
      return rest < bytes.length ? this.push(bytes.subarray(rest)) : undefined;
    this.#beginBody();
    return this.#body(bytes, rest);
  }

  #status(): number {
    return Number(this.#head.slice(9, 12));
  }

  #beginBody(): void {
    this.#inBody = true;
    this.#bodyBytes = 0;
    this.#bodyLeft = 0;
    this.#chunked = undefined;
    const status = this.#status();
    if (this.#ofHead || status === 204 || status === 304) return;
    if (/\r\ntransfer-encoding: *chunked/i.test(this.#head)) this.#chunked = new ChunkedBody();
    else this.#bodyLeft = Number(this.#header('content-length') ?? 0);
  }

  #body(bytes: Buffer, at: number): Response | undefined {
    if (this.#chunked) {
      if (!this.#chunked.push(bytes, at)) return undefined;
      return this.#complete(this.#chunked.bytes);
    }
    const taken = bytes.length - at;
    this.#bodyBytes += taken;
    this.#bodyLeft -= taken;
    if (this.#bodyLeft < 0) throw new Error('the server sent more than its response');
    return this.#bodyLeft === 0 ? this.#complete(this.#bodyBytes) : undefined;
  }

  #complete(bodyBytes: number): Response {
    this.#inBody = false;
    const offset = this.#header('upload-offset');
    return {
      status: this.#status(),
      location: this.#header('location'),
      uploadOffset: offset === undefined ? undefined : Number(offset),
      bodyBytes,
    };
  }

  #header(name: string): string | undefined {
    const pattern = HEADERS[name as keyof typeof HEADERS];
    return pattern?.exec(this.#head)?.[1];
  }
}

const HEADERS = {
  'content-length': /\r\ncontent-length: *(\d+)/i,
  'upload-offset': /\r\nupload-offset: *(\d+)/i,
  location: /\r\nlocation: *([^\r\n]+)/i,
};
