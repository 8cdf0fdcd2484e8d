import { Worker } from 'node:worker_threads';
import type { Checksum } from './checksum.ts';

/** A range of an open file. */
export interface DigestJob {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
  readonly algorithm: Checksum;
}

export interface Computed {
  /** Where reading ended: before the end of the range if the file does, or when it was stopped. */
  readonly end: number;
  /** One of the two, as the algorithm asks for. */
  readonly crc32: number | null;
  readonly base64: string | null;
}

/** A thread that computes checksums, one after the other. It starts with the first one. */
export interface DigestThread {
  /** Rejects when the file cannot be read. Resolves with null where no thread can be had. */
  compute(job: DigestJob): Promise<Computed | null>;
  /** Stops what is computed of this file; resolves when the file may be closed. */
  finish(fd: number): Promise<void>;
  close(): void;
}

interface Pending {
  readonly fd: number;
  readonly stop: Int32Array;
  readonly computed: Promise<Computed | null>;
  settle(computed: Computed | null): void;
  fail(error: unknown): void;
}

type Reply = { readonly number: number } & (
  | { readonly computed: Computed }
  | { readonly error: unknown }
);

export function createDigestThread(): DigestThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | null = null;
  let impossible = false;
  let number = 0;

  function giveUp(): void {
    impossible = true;
    worker = null;
    for (const { settle } of pending.values()) settle(null);
    pending.clear();
  }

  function start(): Worker {
    const started = new Worker(new URL('./digest-worker.js', import.meta.url));
    started.on('message', (reply: Reply) => {
      const job = pending.get(reply.number);
      pending.delete(reply.number);
      if ('computed' in reply) job?.settle(reply.computed);
      else job?.fail(reply.error);
    });
    started.on('error', giveUp);
    started.on('exit', giveUp);
    return started;
  }

  return {
    compute(job) {
      if (impossible) return Promise.resolve(null);
      number += 1;
      const mine = number;
      const stop = new Int32Array(new SharedArrayBuffer(4));
      let settle!: Pending['settle'];
      let fail!: Pending['fail'];
      const computed = new Promise<Computed | null>((resolve, reject) => {
        settle = resolve;
        fail = reject;
      });
      pending.set(mine, { fd: job.fd, stop, computed, settle, fail });
      try {
        worker ??= start();
        worker.postMessage({ number: mine, stop, ...job });
      } catch {
        giveUp();
      }
      return computed;
    },
    async finish(fd) {
      const jobs = [...pending.values()].filter((job) => job.fd === fd);
      for (const { stop } of jobs) Atomics.store(stop, 0, 1);
      await Promise.allSettled(jobs.map(({ computed }) => computed));
    },
    close() {
      impossible = true;
      void worker?.terminate();
    },
  };
}
