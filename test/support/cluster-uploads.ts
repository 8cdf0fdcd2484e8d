import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';
import { beforeTests } from './file-scope.ts';
import { SHARED_SERVICES } from './services/shared.ts';
import { appendAt, creation, locationOf, send } from './tus.ts';

const MIB = 1024 * 1024;

/** The requests of a test to the daemons of a cluster, each by its number. */
export interface ClusterUploads {
  readonly cluster: Cluster;
  /** The URL of an upload at one of the daemons. */
  at(index: number, url: string): string;
  create(index: number, length: number | null, more?: Record<string, string>): Promise<string>;
  /** Downloads from every daemon. */
  assertContent(url: string, bytes: Buffer): Promise<void>;
}

/** Begins what the cluster of a file needs beside its services, and returns its options. */
type Prepare = (t: Pick<TestContext, 'after'>) => Promise<ClusterOptions>;

/** By their options; each ends after the last test of the process. */
const clusters = new Map<string, Promise<Cluster>>();

/**
 * A cluster for all tests of a file, and of others in the same process that want such a one: to be called
 * outside of the tests.
 */
export function clusterUploads(options: ClusterOptions | Prepare): ClusterUploads {
  let cluster: Cluster;
  beforeTests(SHARED_SERVICES, async (t) => {
    if (typeof options === 'function') {
      cluster = await startCluster(t, await options(t));
      return;
    }
    const wanted = JSON.stringify(options);
    const begun = clusters.get(wanted) ?? startCluster(t, options);
    clusters.set(wanted, begun);
    cluster = await begun;
  });
  const at = (index: number, url: string) =>
    new URL(new URL(url).pathname, cluster.members[index]!.url).href;
  return {
    get cluster() {
      return cluster;
    },
    at,
    async create(index, length, more = {}) {
      const base = cluster.members[index]!.url;
      return locationOf(base, await send('POST', base, { headers: creation(length, more) }));
    },
    async assertContent(url, bytes) {
      for (const index of cluster.members.keys()) {
        const got = await send('GET', at(index, url));
        assert.equal(got.status, 200, `${got.body.subarray(0, 200)}`);
        assert.ok(got.body.equals(bytes), `other bytes at daemon ${index}`);
      }
    },
  };
}

/** A PATCH that sends `bytes` up to `stop`, and the rest after `goOn`. */
export function pausedPatch(url: string, offset: number, bytes: Buffer, stop: number) {
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const body = (async function* () {
    for (let from = 0; from < stop; from += MIB) {
      yield bytes.subarray(from, Math.min(from + MIB, stop));
    }
    await waiting;
    yield bytes.subarray(stop);
  })();
  const answer = send('PATCH', url, { headers: appendAt(offset), body, length: bytes.length });
  answer.catch(() => {});
  return { answer, goOn };
}
