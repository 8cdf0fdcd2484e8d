import type { FairJob, JobResult } from './job.ts';
import { check, onLanes } from './lanes.ts';
import { append } from './requests.ts';

export async function fair(job: FairJob): Promise<JobResult> {
  const fast = new URL(job.fast);
  const paced = job.paced.map((url) => new URL(url));
  const shares: number[] = [];
  const beside = onLanes(paced[0]!, paced.length, async ({ connection, index }, watch) => {
    const request = append(paced[index]!, 0, job.pacedLength);
    const begun = performance.now();
    check(await watch.time(connection.request(request, job.rate), job.pacedLength), 'PATCH', 204);
    const seconds = (performance.now() - begun) / 1000;
    shares.push(Math.min(1, job.pacedLength / seconds / job.rate));
  });
  const result = await onLanes(fast, 1, async ({ connection }, watch) => {
    const request = append(fast, 0, job.fastLength);
    check(await watch.time(connection.request(request), job.fastLength), 'PATCH', 204);
  });
  await beside;
  return { ...result, leastShare: Math.min(...shares) };
}
