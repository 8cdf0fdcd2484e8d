import type { Hook, HookEvent } from '../config/hooks/hook-schema.ts';
import { Gate } from './gate.ts';
import type { Payload } from './payload.ts';
import { newEventId } from './planner.ts';
import type { Attempt, SendOptions, Transport } from './transport/attempt.ts';
import { createTransport, type TransportSystem } from './transport/transport.ts';

export type HookLog = (level: 'info' | 'warn' | 'error', message: string) => void;

/** `ms` is how long the attempt took (milliseconds). */
export type OnAttempt = (
  hook: string,
  result: 'ok' | 'failed' | 'overdue' | 'aborted',
  ms: number,
) => void;

export interface ReceiverOptions extends Omit<TransportSystem, 'print'> {
  readonly log: HookLog;
  /** Called when an attempt to reach a hook has ended. */
  readonly onAttempt?: OnAttempt;
  /** The most concurrent programs of one hook that clients wait for. */
  readonly concurrency: number;
}

/** The most concurrent requests to one receiver that clients wait for. */
const REQUESTS_AT_ONCE = 256;

/** A hook with its transport. */
export class Receiver {
  readonly hook: Hook;
  readonly transport: Transport;
  /** Many waiting clients must not start as many processes. */
  readonly gate: Gate;
  readonly #now: () => number;

  constructor(hook: Hook, options: ReceiverOptions) {
    this.hook = hook;
    this.#now = options.now;
    this.gate = new Gate(hook.type === 'http' ? REQUESTS_AT_ONCE : options.concurrency);
    const transport = createTransport(hook, {
      ...options,
      print: (line) => options.log('info', `hook ${hook.name}: ${line}`),
    });
    this.transport = options.onAttempt
      ? watched(transport, hook.name, options.onAttempt)
      : transport;
  }

  listensTo(event: HookEvent): boolean {
    return this.hook.events.includes(event);
  }

  /** Sends an event that is not recorded: it is sent once, now. */
  tell(event: HookEvent, facts: Payload['Event'], options: SendOptions): Promise<Attempt> {
    const payload = newPayload(event, facts, this.#now());
    return this.transport.send(
      { event, eventId: payload.ID, body: JSON.stringify(payload), payload: () => payload },
      options,
    );
  }
}

/** Reports how every attempt ended, and how long it took. */
function watched(transport: Transport, hook: string, onAttempt: OnAttempt): Transport {
  return {
    send: async (message, options) => {
      const began = performance.now();
      const attempt = await transport.send(message, options);
      onAttempt(hook, attempt.ok ? 'ok' : attempt.why, performance.now() - began);
      return attempt;
    },
  };
}

/** The payload of an event that happens at `now` (milliseconds since the epoch). */
export function newPayload(event: HookEvent, facts: Payload['Event'], now: number): Payload {
  return { Type: event, Event: facts, ID: newEventId(), Time: new Date(now).toISOString() };
}
