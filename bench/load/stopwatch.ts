import { percentile } from '../statistics.ts';
import type { JobResult } from './job.ts';

/** Times the requests of one job; made right before the first of them. */
export class Stopwatch {
  readonly #latencies: number[] = [];
  readonly #cpu = process.cpuUsage();
  readonly #start = performance.now();
  #bytes = 0;

  /** Awaits one request and notes how long it took. */
  async time<T>(request: Promise<T>, bytes: number): Promise<T> {
    const start = performance.now();
    const answer = await request;
    this.#latencies.push(performance.now() - start);
    this.#bytes += bytes;
    return answer;
  }

  result(): JobResult {
    const seconds = (performance.now() - this.#start) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      seconds,
      operations: sorted.length,
      bytes: this.#bytes,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      clientCpuSeconds: (user + system) / 1e6,
      urls: [],
    };
  }
}
