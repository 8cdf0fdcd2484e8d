import { Connection } from './connection.ts';
import type { JobResult } from './job.ts';
import type { Response } from './response-reader.ts';
import { Stopwatch } from './stopwatch.ts';

/** One connection of a job. */
export interface Lane {
  readonly index: number;
  readonly connection: Connection;
}

/** Opens the connections, then starts the clock and all lanes together. */
export async function onLanes(
  url: URL,
  count: number,
  drive: (lane: Lane, watch: Stopwatch) => Promise<void>,
): Promise<JobResult> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(url)));
  try {
    const watch = new Stopwatch();
    await Promise.all(connections.map((connection, index) => drive({ index, connection }, watch)));
    return watch.result();
  } finally {
    for (const connection of connections) connection.destroy();
  }
}

/** How many of `count` requests fall to one of `clients`. */
export function share(count: number, clients: number, index: number): number {
  return Math.floor(count / clients) + (index < count % clients ? 1 : 0);
}

/** Throws unless a response has this status. */
export function check(response: Response, method: string, status: number): void {
  if (response.status !== status) {
    throw new Error(`${method} was answered with ${response.status} instead of ${status}`);
  }
}
