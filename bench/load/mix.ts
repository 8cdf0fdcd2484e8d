import type { JobResult, MixJob } from './job.ts';
import { check, type Lane, onLanes, share } from './lanes.ts';
import { append, creation, located, plain } from './requests.ts';
import { Stopwatch } from './stopwatch.ts';

/** Of a hundred uploads, the number of large ones and of medium ones; the rest are small. */
const LARGE = 5;
const MEDIUM = 25;
/** No divisor of 100: neighbours differ in size, and each hundred holds its share of each. */
const STEP = 37;

export async function mix(job: MixJob): Promise<JobResult> {
  const url = new URL(job.url);
  const urls: string[] = [];
  const small = new Stopwatch();
  const all = await onLanes(url, job.clients, async (lane, watch) => {
    for (let left = share(job.count, job.clients, lane.index); left > 0; left--) {
      const place = (urls.length * STEP) % 100;
      urls.push('');
      const at = urls.length - 1;
      const length = place < LARGE ? job.large : place < LARGE + MEDIUM ? job.medium : job.small;
      const isSmall = length === job.small;
      const made = await upload(lane, url, length, isSmall ? small : watch, isSmall);
      urls[at] = made.href;
      check(await watch.time(lane.connection.request(plain('HEAD', made)), 0), 'HEAD', 200);
    }
  });
  const { p50, p99, bytes, operations } = small.result();
  return {
    ...all,
    p50,
    p99,
    bytes: all.bytes + bytes,
    operations: operations + all.operations,
    urls,
  };
}

async function upload(
  { connection }: Lane,
  url: URL,
  length: number,
  watch: Stopwatch,
  withBody: boolean,
): Promise<URL> {
  const request = connection.request(creation(url, { length, withBody }));
  const created = await watch.time(request, withBody ? length : 0);
  check(created, 'POST', 201);
  const made = located(created.location ?? '', url);
  if (withBody) return made;
  check(await watch.time(connection.request(append(made, 0, length)), length), 'PATCH', 204);
  return made;
}
