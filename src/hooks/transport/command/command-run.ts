import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { CommandHook } from '../../../config/hooks/hook-schema.ts';
import { formatSpan } from '../../../text/span.ts';
import {
  type Attempt,
  aborted,
  failed,
  LONGEST_ANSWER,
  type Message,
  type SendOptions,
} from '../attempt.ts';
import { BoundedOutput } from './bounded-output.ts';
import { commandEnvironment } from './command-environment.ts';
import { LOGGED_OUTPUT, lastLine, outputLines } from './command-output.ts';
import type { OutputPipes } from './output-pipes.ts';
import { startFailure } from './start-failure.ts';

export interface CommandSystem {
  /** The daemon's environment; only a few variables are passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill: a negative id means a whole process group. Throws ESRCH if it does not exist. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Receives the lines that a program prints. */
  readonly print: (line: string) => void;
}

/** The files for a program's standard streams. */
export interface CommandFiles {
  /** A descriptor of the file that holds the event. */
  readonly event: number;
  readonly pipes: OutputPipes;
}

/**
 * The wait between SIGTERM and SIGKILL, and after that until the run is given up (milliseconds).
 */
const PATIENCE = 2_000;
/** The same while the daemon stops: a container engine waits ten seconds at most in all. */
const LAST_PATIENCE = 500;
/**
 * How long to read the pipes after the program has exited; a child may keep them open
 * (milliseconds).
 */
const LAST_WORDS = 250;

/**
 * One run of a program, within its time limit. Takes ownership of the reading ends of the pipes.
 */
export class CommandRun {
  readonly attempt: Promise<Attempt>;
  readonly #hook: CommandHook;
  readonly #system: CommandSystem;
  readonly #options: SendOptions;
  readonly #stdout: BoundedOutput;
  readonly #stderr = new BoundedOutput(LOGGED_OUTPUT);
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #outputs: readonly Socket[];
  #child: ChildProcess | undefined;
  #open = 0;
  /** Why the run was ended; undefined while the program runs normally. */
  #ended: Attempt | undefined;
  #settle: (attempt: Attempt) => void = () => {};
  /** Called when no more output can be printed. */
  #silent: () => void = () => {};

  constructor(
    hook: CommandHook,
    system: CommandSystem,
    message: Message,
    options: SendOptions,
    { event, pipes }: CommandFiles,
  ) {
    this.#hook = hook;
    this.#system = system;
    this.#options = options;
    this.#stdout = new BoundedOutput(options.wantsAnswer ? LONGEST_ANSWER : LOGGED_OUTPUT);
    this.attempt = new Promise((resolve) => {
      this.#settle = (attempt) => {
        this.#settle = () => {};
        for (const timer of this.#timers) clearTimeout(timer);
        options.signal.removeEventListener('abort', this.#abort);
        for (const output of this.#outputs) output.destroy();
        this.#tell();
        resolve(attempt);
      };
    });
    this.#outputs = [
      this.#listen(pipes.stdout.readEnd, (chunk) => this.#heard(chunk)),
      this.#listen(pipes.stderr.readEnd, (chunk) => this.#stderr.add(chunk)),
    ];
    try {
      this.#start(message, [event, pipes.stdout.writeEnd, pipes.stderr.writeEnd]);
    } catch (error) {
      this.#settle(failed(startFailure(error, hook.command)));
    }
  }

  #listen(descriptor: number, heard: (chunk: Buffer) => void): Socket {
    const output = new Socket({ fd: descriptor, readable: true, writable: false });
    this.#open += 1;
    output.on('data', heard);
    output.on('error', () => {});
    output.on('close', () => {
      this.#open -= 1;
      if (this.#open === 0) this.#silent();
    });
    return output;
  }

  #start(message: Message, stdio: number[]): void {
    const { command, args, name, timeoutMs } = this.#hook;
    const options = {
      env: commandEnvironment(message, name, this.#system.env),
      stdio,
      // In its own process group, so that the program's children can be ended with it.
      detached: true,
    } satisfies SpawnOptions;
    const child = spawn(command, [...args], options);
    this.#child = child;
    child.on('error', (error) => {
      if (child.pid === undefined) this.#settle(failed(startFailure(error, command)));
    });
    child.on('exit', (code, signal) => this.#exited(code, signal));
    this.#options.signal.addEventListener('abort', this.#abort);
    this.#after(timeoutMs, () => {
      const sentence = `the program did not end within ${formatSpan(timeoutMs)} and was killed`;
      this.#end({ ok: false, sentence, why: 'overdue' });
    });
  }

  #heard(chunk: Buffer): void {
    this.#stdout.add(chunk);
    if (this.#options.wantsAnswer && this.#stdout.overflowed) {
      this.#end(failed(`the program answered with more than ${LONGEST_ANSWER / 1024} KiB`));
    }
  }

  readonly #abort = (): void => this.#end(aborted(), LAST_PATIENCE);

  /** Ends the program and its children. */
  #end(attempt: Attempt, patience = PATIENCE): void {
    if (this.#ended) return;
    this.#ended = attempt;
    this.#signal('SIGTERM');
    this.#after(patience, () => {
      this.#signal('SIGKILL');
      this.#after(patience, () => this.#settle(attempt));
    });
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ended) {
      this.#signal('SIGKILL');
      this.#settle(this.#ended);
      return;
    }
    const settle = () => this.#settle(this.#ended ?? this.#outcome(code, signal));
    if (this.#open === 0) {
      settle();
      return;
    }
    this.#silent = settle;
    // Node runs timers before I/O: when the process was busy, the pipes are read first.
    this.#after(LAST_WORDS, () => setImmediate(settle));
  }

  #outcome(code: number | null, signal: NodeJS.Signals | null): Attempt {
    if (code === 0) return { ok: true, detail: 'exit code 0', answer: this.#stdout.text };
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    const last = lastLine(this.#stderr);
    return failed(`the program ${how}${last === '' ? '' : `: ${last}`}`);
  }

  /** Logs the program's output, except for stdout that holds an answer. */
  #tell(): void {
    const { print } = this.#system;
    if (!this.#options.wantsAnswer) for (const line of outputLines(this.#stdout)) print(line);
    for (const line of outputLines(this.#stderr)) print(line);
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      this.#system.kill(-pid, signal);
    } catch {
      // The whole group has ended already.
    }
  }

  #after(milliseconds: number, run: () => void): void {
    this.#timers.push(setTimeout(run, milliseconds));
  }
}
