import { messageOf } from '../../src/fault.ts';
import type { Job, JobReply } from './job.ts';
import { runJob } from './jobs.ts';

// The load client: a process that does one job after the other for the runner.
const reply = (message: JobReply) => process.send?.(message);

process.on('message', (job: Job) => {
  runJob(job).then(
    (result) => reply({ result }),
    (error: unknown) => reply({ error: messageOf(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
