import type { FileHandle } from 'node:fs/promises';
import type { CommandHook } from '../../../config/hooks/hook-schema.ts';
import {
  type Attempt,
  aborted,
  failed,
  type Message,
  type SendOptions,
  type Transport,
} from '../attempt.ts';
import { CommandRun, type CommandSystem } from './command-run.ts';
import { openEventFile } from './event-file.ts';
import { closeEnds, type OutputPipes, PipePool } from './output-pipes.ts';
import { SCRATCH_FOLDERS, scratchFailure } from './scratch.ts';

/** Runs a program for every event: JSON on its stdin, no shell. */
export function createCommandTransport(
  hook: CommandHook,
  system: CommandSystem,
  folders: readonly string[] = SCRATCH_FOLDERS,
): Transport {
  const pool = new PipePool(folders, system.env);
  return { send };

  async function send(message: Message, options: SendOptions): Promise<Attempt> {
    if (options.signal.aborted) return aborted();
    let event: FileHandle | undefined;
    let pipes: OutputPipes;
    try {
      event = await openEventFile(message.body, folders);
      pipes = await pool.take();
    } catch (error) {
      await event?.close();
      // A program that cannot read its event must not decide anything.
      return failed(scratchFailure(error, folders));
    }
    let run: CommandRun | undefined;
    try {
      if (options.signal.aborted) {
        closeEnds(pipes.stdout.readEnd, pipes.stderr.readEnd);
        return aborted();
      }
      run = new CommandRun(hook, system, message, options, { event: event.fd, pipes });
    } finally {
      // The program has its own copies of the descriptors now.
      closeEnds(pipes.stdout.writeEnd, pipes.stderr.writeEnd);
      await event.close();
    }
    return run.attempt;
  }
}
