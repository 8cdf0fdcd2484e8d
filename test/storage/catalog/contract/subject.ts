import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Catalog, Creation, Ending } from '../../../../src/storage/catalog/catalog.ts';
import { LEASE_VOID_AFTER, type OwnerRole } from '../../../../src/storage/catalog/processes.ts';
import type { NewDelivery } from '../../../../src/storage/model/events.ts';
import type { TimelineEvent } from '../../../../src/storage/model/timeline.ts';
import type { UploadChange, UploadRecord } from '../../../../src/storage/model/upload.ts';
import { draftRecord } from '../../support/records.ts';

/** A catalog that must keep the contract. */
export interface Subject {
  readonly catalog: Catalog;
  /** Opens the same records as another process does; left out where there can be only one. */
  readonly another?: Another;
  /** Left out where a catalog knows the time from its caller alone. */
  readonly time?: Time;
}

export type Another = (role: OwnerRole) => Catalog | Promise<Catalog>;

/** The clock by which a catalog judges heartbeats. */
export interface Time {
  /** Lets all heartbeats grow older by this much (milliseconds). */
  readonly elapse: (milliseconds: number) => Promise<void>;
  /** A lease is void after this long without a heartbeat (milliseconds). */
  readonly voidAfter: number;
}

const CALLERS: Time = { elapse: async () => {}, voidAfter: LEASE_VOID_AFTER };

/** An empty catalog of its own for a test, closed when the test ends. */
export type OpenSubject = (t: TestContext) => Subject | Promise<Subject>;

/** The moment of a test at which its catalog opens (milliseconds since the epoch). */
export const NOW = 1_000_000;

/** What a process of a test tells about itself. */
export const REPORT = { host: 'here', pid: 7, version: '1.0.0', startedAt: NOW, receiving: 0 };

/** Declares one promise of the contract. The process that tests has sent a heartbeat. */
export type Promised = (
  promise: string,
  run: (catalog: Catalog, t: TestContext) => Promise<void>,
) => void;

/** Declares one that takes a second process, unless there can be only one. */
export type PromisedToMany = (
  promise: string,
  run: (catalog: Catalog, another: Another, time: Time) => Promise<void>,
) => void;

export interface Contract {
  readonly promise: Promised;
  readonly promiseToMany: PromisedToMany;
}

/** How many processes can share a catalog. */
export type Processes = 'one' | 'many';

export function contractOf(name: string, open: OpenSubject, processes: Processes): Contract {
  const opened = async (t: TestContext) => {
    const subject = await open(t);
    await subject.catalog.heartbeat(NOW, REPORT);
    return subject;
  };
  return {
    promise: (promise, run) => {
      test(`${name}: ${promise}`, async (t) => run((await opened(t)).catalog, t));
    },
    promiseToMany: (promise, run) => {
      if (processes === 'one') return;
      test(`${name}: ${promise}`, async (t) => {
        const { catalog, another, time = CALLERS } = await opened(t);
        assert.ok(another);
        await run(catalog, another, time);
      });
    },
  };
}

export function creation(
  change: Partial<UploadRecord> = {},
  more: Partial<Omit<Creation, 'record'>> = {},
): Creation {
  return { record: draftRecord(change), timeline: [], deliveries: [], at: NOW, ...more };
}

export function ending(change: UploadChange, ...timeline: TimelineEvent[]): Ending {
  return { change, timeline, at: NOW + 1 };
}

export function delivery(event: string, hook = 'app'): NewDelivery {
  return { eventId: `evt-${event}`, hook, event, payload: `{"event":"${event}"}` };
}

/** All that is known of an upload: for "nothing was changed". */
export async function everythingOf(catalog: Catalog, id: string) {
  const record = await catalog.get(id);
  return {
    record,
    timeline: record && (await catalog.timeline(record)),
    deliveries: await catalog.outbox.list({ upload: id }),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
