import type { Sample } from '../figures.ts';
import type { Job, JobResult } from '../load/job.ts';
import type { LoadClient } from '../load-client.ts';
import { cpuSeconds, forgetPeak, machineCpuSeconds, peakBytes } from '../process-usage.ts';
import { quietDisk } from '../quiet-disk.ts';
import { GIB, MIB } from '../sizes.ts';
import type { RunningSubject } from '../subjects/subject.ts';

/** Whether a work is about bytes or about requests. */
export type Measure = 'bytes' | 'operations';

/** With fewer requests than that a percentile says nothing. */
const ENOUGH_REQUESTS = 20;

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
  const machineBefore = machineCpuSeconds();
  const result = await client.run(job);
  const machine = machineCpuSeconds() - machineBefore;
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
    ...(result.operations < ENOUGH_REQUESTS ? {} : { p50: result.p50, p99: result.p99 }),
    clientBusyPercent: (result.clientCpuSeconds / result.seconds) * 100,
    ...(cpu === null
      ? {}
      : {
          othersBusyPercent:
            (Math.max(0, machine - cpu - result.clientCpuSeconds) / result.seconds) * 100,
        }),
  };
  return { sample, result };
}
