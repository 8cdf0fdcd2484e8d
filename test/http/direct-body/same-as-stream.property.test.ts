import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MANNERS, startServer, talk } from './conversation.ts';

const RUNS = process.env.TUSD_TS_FAULTS ? 3_000 : 60;

interface Message {
  readonly manner: (typeof MANNERS)[number];
  readonly method: 'PATCH' | 'POST' | 'GET';
  readonly framing: 'length' | 'chunked' | 'none' | 'zeros' | 'two lengths' | 'both';
  readonly size: number;
  readonly expects: boolean;
  readonly version: '1.0' | '1.1';
  readonly close: boolean;
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 41, max: 3_000 }),
  // More than a stream holds, more than one read takes.
  fc.integer({ min: 60_000, max: 400_000 }),
  // More than is read in one turn of the event loop.
  fc.integer({ min: 600_000, max: 1_200_000 }),
);

const message: fc.Arbitrary<Message> = fc.record({
  manner: fc.constantFrom(...MANNERS),
  method: fc.constantFrom('PATCH', 'POST', 'GET'),
  framing: fc.oneof(
    { weight: 12, arbitrary: fc.constant('length' as const) },
    { weight: 1, arbitrary: fc.constantFrom('chunked', 'none', 'zeros', 'two lengths', 'both') },
  ),
  size,
  expects: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.boolean()),
  version: fc.oneof({ weight: 12, arbitrary: fc.constant('1.1' as const) }, fc.constant('1.0')),
  close: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, fc.boolean()),
});

const conversation = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 6 }),
  tail: fc.constantFrom(
    '',
    '',
    '',
    'no head\r\n\r\n',
    'GET /never HTT',
    'GET /never HTTP/1.1\r\nA',
  ),
  /** Where the connection is cut, in shares of the whole. */
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null, freq: 4 }),
  end: fc.constantFrom('fin', 'reset'),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
});

function encode({ manner, method, framing, size, expects, version, close }: Message): Buffer {
  const body = Buffer.alloc(size, `${manner} GET / HTTP/1.1\r\n\r\n`);
  const hex = size.toString(16);
  const lines = {
    length: [`Content-Length: ${size}`],
    zeros: [`Content-Length: 000${size}`],
    chunked: ['Transfer-Encoding: chunked'],
    none: [],
    'two lengths': [`Content-Length: ${size}`, `Content-Length: ${size + 1}`],
    both: [`Content-Length: ${size}`, 'Transfer-Encoding: chunked'],
  }[framing];
  const head = [
    `${method} /${manner} HTTP/${version}`,
    'Host: test',
    ...lines,
    ...(expects ? ['Expect: 100-continue'] : []),
    ...(close ? ['Connection: close'] : []),
  ];
  const start = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  if (framing === 'none') return start;
  if (framing !== 'chunked') return Buffer.concat([start, body]);
  const chunk = size === 0 ? [] : [Buffer.from(`${hex}\r\n`), body, Buffer.from('\r\n')];
  return Buffer.concat([start, ...chunk, Buffer.from('0\r\n\r\n')]);
}

/**
 * What comes behind the last message of a connection races with the end of the connection, and so
 * does what still comes of its own body once it is answered.
 */
function withoutRaces(messages: readonly Message[], tail: string): Buffer[] {
  const at = messages.findIndex(endsConnection);
  const last = messages[at];
  if (!last) return [...messages.map(encode), Buffer.from(tail)];
  const early = ['answers-first', 'never', 'stops'].includes(last.manner);
  const calm: Message = early ? { ...last, manner: 'at-once' } : last;
  return [...messages.slice(0, at), calm].map(encode);
}

/** Node ends a connection, too, when it did not ask for a body that was waiting to be asked for. */
function endsConnection({ close, version, expects, manner }: Message): boolean {
  return close || version === '1.0' || (expects && manner !== 'asks-for-it');
}

test('whatever comes in whatever segments is answered as node:http alone answers it', async () => {
  let direct = 0;
  await fc.assert(
    fc.asyncProperty(conversation, async ({ messages, tail, cut, end, cuts }) => {
      const all = Buffer.concat(withoutRaces(messages, tail));
      const sent = cut === null ? all : all.subarray(0, Math.floor(all.length * cut));
      const at = cuts.map((share) => Math.floor(sent.length * share)).sort((a, b) => a - b);
      const segments = [0, ...at].map((from, index) => sent.subarray(from, at[index]));
      const oracle = await startServer(null);
      const tapped = await startServer(1);
      try {
        const expected = await talk(oracle, segments, end);
        const got = await talk(tapped, segments, end, expected);
        assert.deepEqual(tapped.heads, oracle.heads);
        // Which of two requests ends first within one turn of the event loop is no promise, nor is
        // what of the answers before it still goes out when a bad head ends the connection.
        const problems = (seen: string[]) =>
          new Set(seen.filter((line) => line.startsWith('error HPE')));
        assert.deepEqual(problems(tapped.seen), problems(oracle.seen));
        if (problems(oracle.seen).size === 0) {
          assert.equal(got.text, expected.text);
          assert.deepEqual(tapped.seen.toSorted(), oracle.seen.toSorted());
        }
        direct += tapped.direct();
      } finally {
        oracle.close();
        tapped.close();
      }
    }),
    { numRuns: RUNS, ...(process.env.SEED ? JSON.parse(process.env.SEED) : {}) },
  );
  assert.ok(direct > 0, 'some bodies were read from their sockets');
});
