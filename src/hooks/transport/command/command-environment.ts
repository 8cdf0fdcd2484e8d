import { withoutControls } from '../../plain-text.ts';
import type { Message } from '../attempt.ts';
import { correlationOf } from '../correlation.ts';

/** The variables of the daemon that a program inherits; others may hold secrets. */
const INHERITED = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR)$/;

/** The longest value that comes from a client (characters). */
const LONGEST_VALUE = 1024;

/**
 * The environment of a command: a few of the daemon's variables, and the main facts of the event.
 * The first three names are tusd's. Values from clients are truncated and stripped of control
 * characters: a NUL would keep the program from starting, and a line break would confuse scripts
 * that parse `env`.
 */
export function commandEnvironment(
  message: Message,
  hookName: string,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const payload = message.payload();
  const { Upload } = payload.Event;
  const { requestId, traceparent, tracestate } = correlationOf(payload);
  const own = {
    TUS_ID: Upload.ID,
    TUS_SIZE: String(Upload.Size),
    TUS_OFFSET: String(Upload.Offset),
    TUS_PATH: Upload.Storage?.Path ?? '',
    TUS_FILENAME: Upload.MetaData.filename ?? Upload.MetaData.name ?? '',
    HOOK_TYPE: message.event,
    HOOK_NAME: hookName,
    HOOK_EVENT_ID: message.eventId,
    ...(requestId === undefined ? {} : { HOOK_REQUEST_ID: requestId }),
    // The names that OpenTelemetry gives them.
    ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
    ...(tracestate === undefined ? {} : { TRACESTATE: tracestate }),
  };
  const inherited = Object.entries(env).filter(
    ([name, value]) => value !== undefined && INHERITED.test(name),
  );
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    ...Object.fromEntries(
      Object.entries(own).map(([name, value]) => [name, withoutControls(value, LONGEST_VALUE)]),
    ),
  };
}
