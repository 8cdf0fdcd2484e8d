import type { Sample } from '../figures.ts';
import type { Job, JobResult } from '../load/job.ts';
import type { LoadClient } from '../load-client.ts';
import { cpuSeconds, forgetPeak, peakBytes } from '../process-usage.ts';
import { quietDisk } from '../quiet-disk.ts';
import { GIB, MIB } from '../sizes.ts';
import type { RunningSubject } from '../subjects/subject.ts';

/** Whether a work is about bytes or about requests. */
export type Measure = 'bytes' | 'operations';

export interface Measured {
  readonly sample: Sample;
  readonly result: JobResult;
}

/** Runs one job and notes what it cost the server and the client. */
export async function measure(
  server: RunningSubject,
  client: LoadClient,
  job: Job,
  of: Measure,
): Promise<Measured> {
  await quietDisk();
  forgetPeak(server.pid);
  const before = cpuSeconds(server.pid);
  const result = await client.run(job);
  const after = cpuSeconds(server.pid);
  const peak = peakBytes(server.pid);
  const cpu = before === null || after === null ? null : after - before;
  const sample: Sample = {
    ...(of === 'bytes'
      ? { mibPerSecond: result.bytes / MIB / result.seconds }
      : { perSecond: result.operations / result.seconds }),
    ...(cpu !== null && of === 'bytes' ? { cpuPerGib: cpu / (result.bytes / GIB) } : {}),
    ...(cpu !== null && of === 'operations'
      ? { cpuPer1000: cpu / (result.operations / 1000) }
      : {}),
    ...(peak === null ? {} : { peakMib: peak / MIB }),
    p50: result.p50,
    p99: result.p99,
    clientBusyPercent: (result.clientCpuSeconds / result.seconds) * 100,
  };
  return { sample, result };
}
