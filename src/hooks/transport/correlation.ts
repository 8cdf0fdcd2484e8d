import type { Payload } from '../payload.ts';

/** What connects a hook's request, or program, with the client's request that caused the event. */
export interface Correlation {
  readonly requestId: string | undefined;
  /** As the client sent it, if it has the form of W3C Trace Context. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** W3C Trace Context, 3.2: version, trace id, parent id and flags. Later versions may append fields. */
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-[\x21-\x7e]{1,400})?$/;
/** W3C Trace Context, 3.3: vendors must pass on at least 512 characters. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

export function correlationOf({ Event: { HTTPRequest } }: Payload): Correlation {
  const { RequestID, Header } = HTTPRequest;
  const [parent = '', ...others] = Header.Traceparent ?? [];
  const known = others.length === 0 && isTraceparent(parent);
  const state = (Header.Tracestate ?? []).join(',');
  return {
    requestId: RequestID,
    traceparent: known ? parent : undefined,
    tracestate: known && TRACESTATE.test(state) ? state : undefined,
  };
}

function isTraceparent(text: string): boolean {
  // Version 00 has nothing behind the flags.
  return TRACEPARENT.test(text) && (!text.startsWith('00') || text.length === 55);
}

/** The same as headers of an HTTP request. */
export function correlationHeaders(payload: Payload): Record<string, string> {
  const { requestId, traceparent, tracestate } = correlationOf(payload);
  return {
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}
