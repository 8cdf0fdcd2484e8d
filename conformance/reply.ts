/** One HTTP/1.1 response as it came over the wire; interim ones (1xx) are replies of their own. */
export interface Reply {
  status: number;
  reason: string;
  /** Names in lower case; repeated headers joined with a comma, as RFC 9110 section 5.3 allows. */
  headers: Map<string, string>;
  body: Buffer;
  /** The interim statuses that came before this one. */
  interim: number[];
}

/** What came over the wire is not HTTP. */
export class GarbledReply extends Error {
  override readonly name = 'GarbledReply';
}

interface Parsed {
  reply: Reply;
  /** How many bytes of the buffer the reply took. */
  used: number;
}

/**
 * Takes one response from the front of what was received so far; undefined while it is incomplete.
 *
 * @param method the method on the request line: a response to HEAD has no body, whatever it says
 * @param ended whether the server has closed its side, which ends a body without a length
 */
export function parseReply(received: Buffer, method: string, ended: boolean): Parsed | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine);
  if (status === null) throw new GarbledReply(`the answer began with "${statusLine.slice(0, 60)}"`);

  const reply: Reply = {
    status: Number(status[1]),
    reason: status[2] ?? '',
    headers: parseHeaders(lines),
    body: Buffer.alloc(0),
    interim: [],
  };
  const bodyAt = headEnd + 4;
  const bodiless = reply.status < 200 || reply.status === 204 || reply.status === 304;
  if (bodiless || method === 'HEAD') return { reply, used: bodyAt };

  if (reply.headers.get('transfer-encoding')?.toLowerCase().includes('chunked')) {
    const body = parseChunks(received, bodyAt);
    if (body === undefined) return undefined;
    reply.body = body.data;
    return { reply, used: body.end };
  }
  const length = reply.headers.get('content-length');
  if (length !== undefined) {
    const end = bodyAt + Number(length);
    if (received.length < end) return undefined;
    reply.body = received.subarray(bodyAt, end);
    return { reply, used: end };
  }
  if (!ended) return undefined;
  reply.body = received.subarray(bodyAt);
  return { reply, used: received.length };
}

function parseHeaders(lines: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new GarbledReply(`a header line was "${line.slice(0, 60)}"`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function parseChunks(received: Buffer, from: number): { data: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new GarbledReply('a chunk had no size');
    if (size === 0) {
      // The last chunk may be followed by trailers, and ends with an empty line.
      const end = received.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? undefined : { data: Buffer.concat(parts), end: end + 4 };
    }
    const start = lineEnd + 2;
    if (received.length < start + size + 2) return undefined;
    parts.push(received.subarray(start, start + size));
    at = start + size + 2;
  }
}
