import fc from 'fast-check';

/** A request as its bytes go out. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly [string, string][];
  readonly body: Buffer;
  /** wait: for the answer. reset: the client goes at once. */
  readonly ending: string;
}

const METHODS = ['POST', 'PATCH', 'HEAD', 'DELETE', 'OPTIONS', 'GET', 'PUT', 'TRACE', 'PROPFIND'];

const NUMBERS = [
  ...['0', '1', '3', '1000', '-1', '+1', '1.5', '1e3', '0x10', ' 5', '007', '', 'NaN', 'Infinity'],
  ...['9007199254740991', '9007199254740992', '99999999999999999999999', '१२३', '1,1', '1, 2'],
];
const METADATA = [
  ...['', ',', ' ', 'a', 'a b', 'a YQ==', 'a YQ==,a YQ==', '__proto__ YQ==', 'constructor', ',,,'],
  ...['filename Li4vLi4vZXRj', 'filename AAEC', 'filetype dGV4dC9odG1sDQpYOiAx', 'a =', '= ='],
];
const CHECKSUMS = [
  ...['sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=', 'sha1 ', 'sha1', ' ', 'md5 AAAA', 'crc32 AAAAAA=='],
  ...['constructor AAAA', '__proto__ AAAA', 'sha256 !!!!', 'SHA1 AAAA', 'sha1 AAAA, md5 AAAA'],
];
const TYPES = [
  ...['application/offset+octet-stream', 'application/offset+octet-stream; x=y', 'text/plain'],
  ...['application/partial-upload', '', 'multipart/form-data', 'application/json'],
];

/** Latin-1 text that node's parser lets through, and some that it does not. */
const noise = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 20,
  }),
  fc.constantFrom('a'.repeat(3_000), '\x00', '\x7f', '%', '\\', '"', "'", '../'),
);

/** Makes a request for the paths of the creation URL, of an unfinished upload, a finished one and a part. */
export type RequestMaker = (paths: readonly string[]) => RawRequest;

const CONCATS = [
  ...['partial', 'partial', 'final', 'final;', 'final; ', 'final;/', 'final;http://x/', 'Partial'],
  ...['final;{3}', 'final;{3} {3}', 'final;{1}', 'final;{3} {2}', `final;${'{3} '.repeat(100)}{3}`],
];

/** Values of every header that the daemon or a library below it looks at; {n} is a path. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'Tus-Resumable': fc.constantFrom('1.0.0', '1.0.0', '0.2.2', '2.0.0', '', '1.0.0, 1.0.0'),
  'Upload-Length': fc.constantFrom(...NUMBERS),
  'Upload-Offset': fc.constantFrom(...NUMBERS),
  'Upload-Defer-Length': fc.constantFrom('1', '1', '0', 'true', ''),
  'Upload-Metadata': fc.constantFrom(...METADATA),
  'Upload-Concat': fc.constantFrom(...CONCATS),
  'Upload-Checksum': fc.constantFrom(...CHECKSUMS),
  'Content-Type': fc.constantFrom(...TYPES),
  'Content-Length': fc.constantFrom(...NUMBERS),
  'Transfer-Encoding': fc.constantFrom('chunked', 'chunked', 'identity', 'gzip, chunked'),
  'X-HTTP-Method-Override': fc.constantFrom(...METHODS, 'patch', '', 'NO SUCH', 'CONNECT'),
  'X-Forwarded-For': fc.constantFrom('1.2.3.4', ',,', 'x', '::1, 1.2.3.4'),
  'X-Forwarded-Host': fc.constantFrom('evil.example', 'a/b', '', '[::1]:1'),
  'X-Forwarded-Proto': fc.constantFrom('https', 'https, http', 'javascript', ''),
  Expect: fc.constantFrom('100-continue', '100-continue', '200-ok', ''),
  Trailer: fc.constantFrom('Upload-Checksum', 'upload-checksum, x', ''),
  Connection: fc.constantFrom('close', 'keep-alive', 'upgrade'),
  Upgrade: fc.constantFrom('h2c', 'websocket'),
  Origin: fc.constantFrom('null', 'https://a.example', '*', 'a b'),
  'Access-Control-Request-Headers': fc.constantFrom('x', 'a,b,,', '\xe9', 'upload-length'),
  'Access-Control-Request-Method': fc.constantFrom('PATCH', 'x'),
  Range: fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=9-', 'bytes=a-b', 'bytes=0-0,2-2', 'x'),
  'If-None-Match': fc.constantFrom('*', '"a"', 'W/"a"', '"'),
  'If-Modified-Since': fc.constantFrom('x', 'Thu, 01 Jan 1970 00:00:00 GMT', '-1'),
  'If-Match': fc.constantFrom('*', '"a"', ''),
  'User-Agent': noise,
  Host: fc.constantFrom('x', '', 'a b', '[::1'),
};

const header: fc.Arbitrary<[string, string]> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...Object.entries(VALUES))
      .chain(([name, value]) => fc.tuple(fc.constant(name), value)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(VALUES), 'X-Noise'), noise) },
);

/** Method and path: mostly ones that belong together. */
const aim: fc.Arbitrary<[method: string, path: string]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<[string, string]>(['POST', '{0}']) },
  { weight: 4, arbitrary: fc.constant<[string, string]>(['PATCH', '{1}']) },
  { weight: 3, arbitrary: fc.constant<[string, string]>(['GET', '{2}']) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...METHODS), fc.constantFrom('{0}', '{1}', '{2}', '{3}')),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom(...METHODS),
      noise.map((text) => `{0}${text.replaceAll(/[\s#]/g, '')}`),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('FOO', 'post', 'CONNECT', '', ...METHODS),
      fc.constantFrom('{0}', '/', '*', '//', '/uploads', 'http://x/', '/uploads/files', ''),
    ),
  },
);

const body = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '3\r\nabc\r\n0\r\n\r\n',
      '3\r\nabc\r\n0\r\nUpload-Checksum: sha1 AAAA\r\n\r\n',
      'z',
    )
    .map((text) => Buffer.from(text)),
);

/**
 * Requests that are wrong in every way that the protocol's headers, methods and paths allow, most of
 * them nearly right: what is wrong from the first byte never gets anywhere.
 */
export const hostileRequest: fc.Arbitrary<RequestMaker> = fc
  .record({
    aim,
    proper: fc.integer({ min: 0, max: 9 }).map((dice) => dice > 0),
    headers: fc.array(header, { maxLength: 4 }),
    body,
    ending: fc.constantFrom('wait', 'wait', 'wait', 'wait', 'reset'),
  })
  .map(({ aim: [method, path], proper, headers, body, ending }) => (paths) => {
    const fill = (text: string) => text.replaceAll(/\{(\d)\}/g, (_, n) => paths[n] ?? '');
    const all = proper ? nearlyRight(method, body, headers) : headers;
    return {
      method,
      path: fill(path),
      headers: all.map(([name, value]): [string, string] => [name, fill(value)]),
      body,
      ending,
    };
  });

/** What a proper client would send, unless the noise says otherwise. */
function nearlyRight(method: string, body: Buffer, headers: [string, string][]) {
  const named = new Set(headers.map(([name]) => name));
  const proper: [string, string][] = [
    ['Tus-Resumable', '1.0.0'],
    ['Content-Type', 'application/offset+octet-stream'],
  ];
  if (!named.has('Transfer-Encoding')) proper.push(['Content-Length', String(body.length)]);
  if (method === 'PATCH') proper.push(['Upload-Offset', '0']);
  const hasLength = named.has('Upload-Defer-Length') || named.has('Upload-Concat');
  if (method === 'POST' && !hasLength) proper.push(['Upload-Length', '1000']);
  return [...proper.filter(([name]) => !named.has(name)), ...headers];
}
