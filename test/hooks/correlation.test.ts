import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Payload } from '../../src/hooks/payload.ts';
import type { Message } from '../../src/hooks/transport/attempt.ts';
import { correlationHeaders } from '../../src/hooks/transport/correlation.ts';
import { createHttpTransport } from '../../src/hooks/transport/http/http-transport.ts';
import { httpHook } from './support/hooks-of.ts';
import { startReceiver } from './support/receiver.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function headersFor(Header: Record<string, string[]>, RequestID?: string) {
  const HTTPRequest = { Method: '', URI: '', RemoteAddr: '', Header };
  const request = RequestID === undefined ? HTTPRequest : { ...HTTPRequest, RequestID };
  return correlationHeaders({ Event: { HTTPRequest: request } } as unknown as Payload);
}

test('the id of the request and a trace are passed on', () => {
  const Header = { Traceparent: [PARENT], Tracestate: ['a=1', 'b=2'] };
  assert.deepEqual(headersFor(Header, 'r1'), {
    'x-request-id': 'r1',
    traceparent: PARENT,
    tracestate: 'a=1,b=2',
  });
  assert.deepEqual(headersFor({}), {});
});

test('a later version of traceparent may have more fields', () => {
  const later = `01${PARENT.slice(2)}-what-the-future-will-be-like`;
  assert.deepEqual(headersFor({ Traceparent: [later] }), { traceparent: later });
});

test('what is no traceparent is not passed on, and a tracestate not without it', () => {
  for (const wrong of [
    [],
    [''],
    ['x'],
    [PARENT, PARENT],
    [PARENT.toUpperCase()],
    [`${PARENT}-more`],
    [`ff${PARENT.slice(2)}`],
    [`01${PARENT.slice(2)}more`],
    [`01${PARENT.slice(2)}-\u202e`],
    [PARENT.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32))],
    [PARENT.replace('b7ad6b7169203331', '0'.repeat(16))],
    [`${PARENT}\r\nX: y`],
  ]) {
    assert.deepEqual(headersFor({ Traceparent: wrong, Tracestate: ['a=1'] }), {}, String(wrong));
  }
});

test('a tracestate that is too long or not plain is left out', () => {
  for (const state of ['x'.repeat(513), 'a=\u00e9', 'a\n']) {
    const headers = headersFor({ Traceparent: [PARENT], Tracestate: [state] });
    assert.deepEqual(headers, { traceparent: PARENT });
  }
});

test('a receiver gets them as headers, unless the hook has such a header of its own', async (t) => {
  const receiver = await startReceiver(t);
  const Header = { Traceparent: [PARENT] };
  const HTTPRequest = { Method: '', URI: '', RemoteAddr: '', Header, RequestID: 'r1' };
  const payload = { Event: { HTTPRequest } } as unknown as Payload;
  const message: Message = {
    event: 'post-finish',
    eventId: 'evt_1',
    body: JSON.stringify(payload),
    payload: () => payload,
  };
  const options = { signal: new AbortController().signal, wantsAnswer: false };
  const plain = createHttpTransport(httpHook(receiver.url), Date.now);
  await plain.send(message, options);
  const own = httpHook(receiver.url, { headers: { 'x-request-id': 'mine' } });
  await createHttpTransport(own, Date.now).send(message, options);
  const [first, second] = receiver.received.map(({ headers }) => headers);
  assert.deepEqual([first?.['x-request-id'], first?.traceparent], ['r1', PARENT]);
  assert.deepEqual([second?.['x-request-id'], second?.traceparent], ['mine', PARENT]);
});
