import type { Hook, HookEvent } from '../config/hooks/hook-schema.ts';
import type { Attempt, SendOptions, Transport } from './attempt.ts';
import { Gate } from './gate.ts';
import type { Payload } from './payload.ts';
import { newEventId } from './planner.ts';
import { createTransport, type TransportSystem } from './transport.ts';

export type HookLog = (level: 'info' | 'warn' | 'error', message: string) => void;

export interface ReceiverOptions extends Omit<TransportSystem, 'print'> {
  readonly log: HookLog;
  /** Programs of one hook that clients wait for, at once. */
  readonly concurrency: number;
}

/** Requests to one receiver that clients wait for, at once. */
const REQUESTS_AT_ONCE = 256;

/** A hook with what it takes to reach it. */
export class Receiver {
  readonly hook: Hook;
  readonly transport: Transport;
  /** A crowd of clients must not become a crowd of processes. */
  readonly gate: Gate;
  readonly #now: () => number;

  constructor(hook: Hook, options: ReceiverOptions) {
    this.hook = hook;
    this.#now = options.now;
    this.gate = new Gate(hook.type === 'http' ? REQUESTS_AT_ONCE : options.concurrency);
    this.transport = createTransport(hook, {
      ...options,
      print: (line) => options.log('info', `hook ${hook.name}: ${line}`),
    });
  }

  listensTo(event: HookEvent): boolean {
    return this.hook.events.includes(event);
  }

  /** Tells of an event that is not recorded: asked for now, or never again. */
  tell(event: HookEvent, facts: Payload['Event'], options: SendOptions): Promise<Attempt> {
    const payload = newPayload(event, facts, this.#now());
    return this.transport.send(
      { event, eventId: payload.ID, body: JSON.stringify(payload), payload: () => payload },
      options,
    );
  }
}

/** The payload of an event that happens at `now` (milliseconds since the epoch). */
export function newPayload(event: HookEvent, facts: Payload['Event'], now: number): Payload {
  return { Type: event, Event: facts, ID: newEventId(), Time: new Date(now).toISOString() };
}
