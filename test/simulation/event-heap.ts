import type { Process } from './scheduler.ts';

/** Something that will happen. */
export interface SimEvent {
  /** When (simulated milliseconds). */
  at: number;
  /** Of two at the same moment the one that was asked for first comes first. */
  order: number;
  /** Whose it is; null for the world's. */
  readonly process: Process | null;
  readonly run: () => void;
  /** It was called off. */
  off: boolean;
  /** It happens again after so many milliseconds; 0: it happens once. */
  every: number;
  /** How often it was left out, and what the world was like when it happened last. */
  idle: number;
  seen: number;
}

/** Events by their time: a binary heap. */
export class EventHeap {
  readonly #events: SimEvent[] = [];

  push(event: SimEvent): void {
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, events[parent]!)) break;
      events[index] = events[parent]!;
      index = parent;
    }
    events[index] = event;
  }

  pop(): SimEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (last && events.length > 0) this.#sink(last);
    return first;
  }

  #sink(event: SimEvent): void {
    const events = this.#events;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child += 1;
      if (!before(events[child]!, event)) break;
      events[index] = events[child]!;
      index = child;
    }
    events[index] = event;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
