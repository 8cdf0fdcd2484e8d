import { setTimeout as delay } from 'node:timers/promises';
import { fair } from './fair.ts';
import type { AppendJob, CreateJob, DeleteJob, GetJob, HeadJob, Job, JobResult } from './job.ts';
import { check, type Lane, onLanes, share } from './lanes.ts';
import { mix } from './mix.ts';
import { holdPaused, releasePaused } from './paused.ts';
import { append, creation, located, plain } from './requests.ts';
import type { Stopwatch } from './stopwatch.ts';

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
    case 'mix':
      return mix(job);
    case 'fair':
      return fair(job);
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
  const begun = performance.now();
  const { perSecond = Number.POSITIVE_INFINITY } = job;
  let started = 0;
  const result = await onLanes(url, Math.min(job.clients, job.count), async (lane, watch) => {
    for (let left = share(job.count, job.clients, lane.index); left > 0; left--) {
      const early = begun + (started++ / perSecond) * 1000 - performance.now();
      if (early > 0) await delay(early);
      const response = await watch.time(
        lane.connection.request(request),
        job.withBody ? job.length : 0,
      );
      check(response, 'POST', 201);
      if (response.location === undefined) throw new Error('POST was answered without a Location');
      urls.push(located(response.location, url).href);
    }
  });
  return { ...result, urls };
}

function appendAll(job: AppendJob): Promise<JobResult> {
  const { urls, clients = urls.length } = job;
  const targets = urls.map((url) => new URL(url));
  return onLanes(targets[0]!, clients, async (lane, watch) => {
    for (let at = lane.index; at < targets.length; at += clients) {
      await appendOne(lane, watch, targets[at]!, job);
    }
  });
}

async function appendOne(
  { connection }: Lane,
  watch: Stopwatch,
  url: URL,
  { length, chunk, checksum }: AppendJob,
): Promise<void> {
  for (let offset = 0; offset < length; ) {
    const size = Math.min(chunk, length - offset);
    const request = append(url, offset, size, checksum);
    const response = await watch.time(connection.request(request), size);
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
