import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { CommandHook } from '../config/hooks/hook-schema.ts';
import { formatSpan } from '../text/span.ts';
import {
  type Attempt,
  aborted,
  failed,
  LONGEST_ANSWER,
  type Message,
  type SendOptions,
} from './attempt.ts';
import { BoundedOutput } from './bounded-output.ts';
import { commandEnvironment } from './command-environment.ts';
import { LOGGED_OUTPUT, lastLine, outputLines } from './command-output.ts';
import type { OutputPipes } from './output-pipes.ts';
import { startFailure } from './start-failure.ts';

export interface CommandSystem {
  /** The daemon's environment; little of it is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill: a negative id means a whole process group. Throws ESRCH when there is none. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Gets the lines that a program prints. */
  readonly print: (line: string) => void;
}

/** What a program reads from and prints to. */
export interface CommandFiles {
  /** A descriptor with the event. */
  readonly event: number;
  readonly pipes: OutputPipes;
}

/** Between SIGTERM and SIGKILL, and again before the wait for its end is given up (milliseconds). */
const PATIENCE = 2_000;
/** The same when the daemon stops: a container engine waits no longer than ten seconds in all. */
const LAST_PATIENCE = 500;
/** What is left in the pipes when a program has ended is read at once; a child of it may hold them. */
const LAST_WORDS = 250;

/** One run of a program, until it and its time are over. Takes over the reading ends of the pipes. */
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
  /** Why it was told to end; undefined while it runs of its own accord. */
  #ended: Attempt | undefined;
  #settle: (attempt: Attempt) => void = () => {};
  /** Runs when nothing can be printed any more. */
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
      // A group of its own, so that what it starts can be ended together with it.
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

  /** Ends the program and all that it started. */
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
    // Timers come before input: when the process was busy, what is in the pipes has its turn first.
    this.#after(LAST_WORDS, () => setImmediate(settle));
  }

  #outcome(code: number | null, signal: NodeJS.Signals | null): Attempt {
    if (code === 0) return { ok: true, detail: 'exit code 0', answer: this.#stdout.text };
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    const last = lastLine(this.#stderr);
    return failed(`the program ${how}${last === '' ? '' : `: ${last}`}`);
  }

  /** What it printed goes into the log; an answer is no talk. */
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
