import type { HttpRequest, HttpStack } from 'tus-js-client';
import { Fault } from '../../fault.ts';
import { MINUTE } from '../../text/span.ts';
import { answerFault } from '../http/answer-fault.ts';
import { resolveLocation } from '../http/credentials.ts';
import type { Answer, Content, HttpClient } from '../http/http-client.ts';

/** How long a server may take to make bytes durable, or to ask its hooks (milliseconds). */
const ANSWER_TIMEOUT = 10 * MINUTE;

/** The content of one request. */
export interface Piece extends Content {
  /** The value of Upload-Checksum. */
  readonly checksum: string | null;
}

/** Where the bytes of an upload come from. */
export interface PieceSource {
  /** Bytes; null while it is not known. */
  readonly size: number | null;
  /** The next request's bytes, from `start` on; `done` if they are the last ones. */
  piece(start: number): Promise<{ piece: Piece; done: boolean }>;
}

export interface AttemptOptions {
  readonly client: HttpClient;
  readonly endpoint: URL;
  /** Of an upload that exists; null creates one. */
  readonly url: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Additional headers of tus. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sends the bytes along with the creation. */
  readonly inCreation: boolean;
  readonly source: PieceSource;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** The upload exists at this address. Awaited before bytes are sent. */
  onUrl(url: string): Promise<void>;
  /** The server has confirmed so many bytes, to a HEAD (`told`) or as the end of a request. */
  onOffset(offset: number, told: boolean): void;
  /** So many bytes have left this machine. */
  onSent(offset: number): void;
}

/**
 * One attempt to create or continue an upload and to bring it to its end. tus-js-client knows the
 * order of requests and their headers; here every answer is checked before it gets it. Resolves with
 * the upload's URL. Throws the fault of the first request that fails.
 */
export async function attemptUpload(options: AttemptOptions): Promise<string> {
  const { Upload } = await import('tus-js-client');
  const { source, url } = options;
  return await new Promise<string>((resolve, reject) => {
    // An interruption arrives as the error of the request that it ends.
    const upload = new Upload(source as never, {
      // Without an endpoint it never makes a new upload in place of one that is not answered for.
      ...(url === null ? { endpoint: options.endpoint.href } : { uploadUrl: url }),
      metadata: { ...options.metadata },
      headers: { ...options.headers },
      uploadDataDuringCreation: options.inCreation,
      uploadLengthDeferred: source.size === null,
      retryDelays: null,
      fingerprint: async () => '',
      storeFingerprintForResuming: false,
      httpStack: httpStackOf(options),
      fileReader: {
        openFile: async () => ({
          size: source.size as number,
          slice: async (start) => {
            const { piece, done } = await source.piece(start);
            return { value: piece, done };
          },
          close: () => {},
        }),
      },
      onSuccess: () => resolve(upload.url ?? ''),
      onError: (error) => reject(causeOf(error)),
    });
    upload.start();
  });
}

function causeOf(error: Error): unknown {
  return ('causingError' in error && error.causingError) || error;
}

function httpStackOf(options: AttemptOptions): HttpStack {
  return {
    getName: () => 'tusd-ts',
    createRequest(method, url): HttpRequest {
      const headers: Record<string, string> = {};
      let onProgress = (_bytes: number) => {};
      return {
        getMethod: () => method,
        getURL: () => url,
        setHeader: (name, value) => {
          headers[name] = value;
        },
        getHeader: (name) => headers[name],
        setProgressHandler: (handler) => {
          onProgress = handler;
        },
        async send(piece: Piece | null) {
          const from = Number(headers['Upload-Offset'] ?? 0);
          if (piece?.checksum) headers['Upload-Checksum'] = piece.checksum;
          const answer = await options.client.ask({
            method,
            url: new URL(url),
            doing: DOING[method] ?? method,
            headers,
            content: piece ?? undefined,
            answerTimeout: ANSWER_TIMEOUT,
            signal: options.signal,
            onSent: (bytes) => {
              onProgress(bytes);
              options.onSent(from + bytes);
            },
          });
          const seen = await judge(options, { method, from, size: piece?.size ?? 0 }, answer);
          return {
            getStatus: () => answer.status,
            getHeader: (name) => seen[name.toLowerCase()],
            getBody: () => answer.text,
            getUnderlyingObject: () => null,
          };
        },
        abort: async () => {},
        getUnderlyingObject: () => null,
      };
    },
  };
}

const DOING: Readonly<Record<string, string>> = {
  POST: 'creating the upload',
  HEAD: 'asking for the offset',
  PATCH: 'sending bytes',
};

/** Checks an answer, and returns the headers that matter. */
async function judge(
  options: AttemptOptions,
  asked: { readonly method: string; readonly from: number; readonly size: number },
  answer: Answer,
): Promise<Record<string, string | undefined>> {
  const { method, from, size } = asked;
  const doing = DOING[method] ?? method;
  const { status, headers } = answer;
  if (status < 200 || status >= 300) throw answerFault(doing, answer, answer.text, options.now());
  const header = (name: string) =>
    headers[name] === undefined ? undefined : String(headers[name]);
  let { location } = headers;
  if (method === 'POST') {
    if (location === undefined || !URL.canParse(location, answer.url.href)) {
      throw new Fault('PROTOCOL', `${doing}: the server gave no Location`);
    }
    location = resolveLocation(location, answer.url).href;
    await options.onUrl(location);
  }
  const offset = header('upload-offset');
  const length = header('upload-length');
  if (method === 'HEAD') {
    const known = options.source.size;
    if (known !== null && length !== undefined && length !== String(known)) {
      throw new Fault('GONE', `that upload is of ${length} bytes, the file of ${known}`);
    }
    options.onOffset(offsetOf(doing, offset, 0, known ?? Number.MAX_SAFE_INTEGER), true);
  } else if (method === 'PATCH' || (options.inCreation && offset !== undefined)) {
    const now = offsetOf(doing, offset, from, from + size);
    if (answer.early && now === from + size) {
      throw new Fault('PROTOCOL', `${doing}: the server claims offset ${now} before it was sent`);
    }
    if (now === from && size > 0) {
      throw new Fault('UNREACHABLE', `${doing}: the server has taken none of ${size} bytes`);
    }
    options.onOffset(now, false);
  }
  return { 'upload-offset': offset, 'upload-length': length, location };
}

function offsetOf(doing: string, text: string | undefined, least: number, most: number): number {
  if (text === undefined || !/^\d{1,16}$/.test(text)) {
    throw new Fault('PROTOCOL', `${doing}: the server gave no Upload-Offset`);
  }
  const offset = Number(text);
  if (offset >= least && offset <= most) return offset;
  const should = least === most ? `${least}` : `from ${least} to ${most}`;
  throw new Fault(
    'PROTOCOL',
    `${doing}: the server claims offset ${offset}; it should be ${should}`,
  );
}
