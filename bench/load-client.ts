import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Job, JobReply, JobResult } from './load/job.ts';

/** The runner's handle on the process that makes the load. */
export class LoadClient {
  readonly #process: ChildProcess;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** `program` is the compiled load/main. */
  static async start(program: string): Promise<LoadClient> {
    // execArgv is emptied: a loader that the runner was started with would slow the client.
    const child = fork(program, [], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'spawn');
    return new LoadClient(child);
  }

  /**
   * Runs one job, after those that were asked for before it. Throws with the client's sentence when
   * the server did not behave.
   */
  run(job: Job): Promise<JobResult> {
    const result = this.#last.then(() => this.#ask(job));
    this.#last = result.catch(() => {});
    return result;
  }

  async #ask(job: Job): Promise<JobResult> {
    const reply = await new Promise<JobReply>((resolve) => {
      const onExit = () => resolve({ error: 'the load client ended' });
      this.#process.once('exit', onExit);
      this.#process.once('message', (message) => {
        this.#process.off('exit', onExit);
        resolve(message as JobReply);
      });
      this.#process.send(job);
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.result;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill();
    await exit;
  }
}
