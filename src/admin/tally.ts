import type { RequestRecord } from '../http/request-record.ts';
import type { StorageEvent } from '../storage/model/events.ts';
import { Durations } from './durations.ts';

/** From a HEAD of a millisecond to an upload of an hour (seconds). */
const REQUEST_BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600, 3600];
/** From the creation of an upload to its last byte (seconds). */
const UPLOAD_BOUNDS = [0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];
/** From the start of an attempt to reach a hook to its end (seconds). */
const ATTEMPT_BOUNDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120];

/** Methods that have a label of their own; clients can invent any number of others. */
const METHODS: ReadonlySet<string> = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PATCH', 'DELETE']);

/** What is counted of the requests of one method. */
export interface MethodTally {
  /** By status; "none" for clients that had gone before the answer. */
  readonly statuses: Counts;
  readonly durations: Durations;
}

export interface HookTally {
  /** By how the attempt ended: ok, failed, overdue, aborted. */
  readonly outcomes: Counts;
  readonly durations: Durations;
  /** When the last attempt ended (milliseconds since the epoch). */
  lastAt: number;
}

/** Numbers by a name that is taken from a closed set. */
export type Counts = Map<string, number>;

/**
 * Counts what happens, for metrics. Names come from closed sets, never from clients: however many paths,
 * methods or metadata they invent, this does not grow.
 */
export class Tally {
  readonly methods = new Map<string, MethodTally>();
  /** Refused requests by why. */
  readonly errors: Counts = new Map();
  /** Refused uploads by why: creations, and finishes that a hook refused. */
  readonly refused: Counts = new Map();
  /** Bodies by the way in which they were read. */
  readonly bodies: Counts = new Map();
  /** By kind: single, partial (a part) or final (joined). */
  readonly created: Counts = new Map();
  readonly finished: Counts = new Map();
  /** By why. */
  readonly removed: Counts = new Map();
  /** Files by the rule that delivered them. */
  readonly delivered: Counts = new Map();
  readonly uploadDurations = new Durations(UPLOAD_BOUNDS);
  readonly hooks = new Map<string, HookTally>();
  /** Connections that were closed at once because too many were open. */
  turnedAway = 0;

  request({ method, status, code, body, ms }: RequestRecord): void {
    const { statuses, durations } = this.#method(METHODS.has(method) ? method : 'other');
    count(statuses, status === null ? 'none' : String(status));
    durations.add(ms);
    if (body !== null) count(this.bodies, body);
    if (code === null) return;
    count(this.errors, code.toLowerCase());
    if (method === 'POST' || (method === 'PATCH' && code === 'REFUSED')) {
      count(this.refused, code.toLowerCase());
    }
  }

  changed(event: StorageEvent): void {
    const { type, record } = event;
    if (type === 'created') count(this.created, record.kind);
    else if (type === 'removed') count(this.removed, event.why);
    else if (type === 'delivered') count(this.delivered, event.rule);
    else if (type === 'finished') {
      count(this.finished, record.kind);
      // A part is not what a client waits for.
      if (record.kind === 'partial') return;
      const finishedAt = record.finishedAt ?? record.activeAt;
      this.uploadDurations.add(Math.max(0, finishedAt - record.createdAt));
    }
  }

  /** An attempt to reach a hook has ended. */
  attempt(hook: string, outcome: string, ms: number, now: number): void {
    const known = this.hooks.get(hook);
    const tally = known ?? {
      outcomes: new Map(),
      durations: new Durations(ATTEMPT_BOUNDS),
      lastAt: now,
    };
    if (!known) this.hooks.set(hook, tally);
    count(tally.outcomes, outcome);
    tally.durations.add(ms);
    tally.lastAt = now;
  }

  #method(name: string): MethodTally {
    const known = this.methods.get(name);
    if (known) return known;
    const made = { statuses: new Map(), durations: new Durations(REQUEST_BOUNDS) };
    this.methods.set(name, made);
    return made;
  }
}

function count(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
