import { Connection } from './connection.ts';
import type { AppendJob, CreateJob, DeleteJob, GetJob, HeadJob, Job, JobResult } from './job.ts';
import { holdPaused, releasePaused } from './paused.ts';
import { append, creation, plain } from './requests.ts';
import type { Response } from './response-reader.ts';
import { Stopwatch } from './stopwatch.ts';

/** Runs one job. Throws when the server answers anything but what the protocol asks for. */
export function runJob(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'create':
      return create(job);
    case 'append':
      return appendAll(job);
    case 'head':
      return head(job);
    case 'get':
      return download(job);
    case 'delete':
      return remove(job);
    case 'pause':
      return holdPaused(job);
    case 'release':
      return releasePaused();
  }
}

async function create(job: CreateJob): Promise<JobResult> {
  const url = new URL(job.url);
  const request = creation(url, job);
  const urls: string[] = [];
  const result = await onLanes(url, Math.min(job.clients, job.count), async (lane, watch) => {
    for (let left = share(job.count, job.clients, lane.index); left > 0; left--) {
      const response = await watch.time(
        lane.connection.request(request),
        job.withBody ? job.length : 0,
      );
      check(response, 'POST', 201);
      if (response.location === undefined) throw new Error('POST was answered without a Location');
      urls.push(new URL(response.location, url).href);
    }
  });
  return { ...result, urls };
}

function appendAll({ urls, length, chunk, clients = urls.length }: AppendJob): Promise<JobResult> {
  const targets = urls.map((url) => new URL(url));
  return onLanes(targets[0]!, clients, async (lane, watch) => {
    for (let at = lane.index; at < targets.length; at += clients) {
      await appendOne(lane, watch, targets[at]!, { length, chunk });
    }
  });
}

async function appendOne(
  { connection }: Lane,
  watch: Stopwatch,
  url: URL,
  { length, chunk }: Pick<AppendJob, 'length' | 'chunk'>,
): Promise<void> {
  for (let offset = 0; offset < length; ) {
    const size = Math.min(chunk, length - offset);
    const response = await watch.time(connection.request(append(url, offset, size)), size);
    check(response, 'PATCH', 204);
    offset += size;
    if (response.uploadOffset !== offset) {
      throw new Error(`PATCH ended at offset ${response.uploadOffset} instead of ${offset}`);
    }
  }
}

function head({ urls, count, clients }: HeadJob): Promise<JobResult> {
  const requests = urls.map((url) => plain('HEAD', new URL(url)));
  return onLanes(new URL(urls[0]!), clients, async (lane, watch) => {
    for (let at = lane.index; at < count; at += clients) {
      const request = requests[at % requests.length]!;
      check(await watch.time(lane.connection.request(request), 0), 'HEAD', 200);
    }
  });
}

function download({ urls, length }: GetJob): Promise<JobResult> {
  const targets = urls.map((url) => new URL(url));
  return onLanes(targets[0]!, targets.length, async (lane, watch) => {
    const request = plain('GET', targets[lane.index]!);
    const response = await watch.time(lane.connection.request(request), length);
    check(response, 'GET', 200);
    if (response.bodyBytes !== length) {
      throw new Error(`GET brought ${response.bodyBytes} bytes instead of ${length}`);
    }
  });
}

function remove({ urls, clients }: DeleteJob): Promise<JobResult> {
  const requests = urls.map((url) => plain('DELETE', new URL(url)));
  const lanes = Math.min(clients, urls.length);
  return onLanes(new URL(urls[0]!), lanes, async (lane, watch) => {
    for (let at = lane.index; at < requests.length; at += lanes) {
      check(await watch.time(lane.connection.request(requests[at]!), 0), 'DELETE', 204);
    }
  });
}

interface Lane {
  readonly index: number;
  readonly connection: Connection;
}

/** Opens the connections, then starts the clock and all lanes together. */
async function onLanes(
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
function share(count: number, clients: number, index: number): number {
  return Math.floor(count / clients) + (index < count % clients ? 1 : 0);
}

function check(response: Response, method: string, status: number): void {
  if (response.status !== status) {
    throw new Error(`${method} was answered with ${response.status} instead of ${status}`);
  }
}
