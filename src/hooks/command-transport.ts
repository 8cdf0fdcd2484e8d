import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { errnoOf } from '../fault.ts';
import {
  type Attempt,
  aborted,
  failed,
  LONGEST_ANSWER,
  type Message,
  type SendOptions,
  type Transport,
} from './attempt.ts';
import { BoundedOutput } from './bounded-output.ts';
import { commandEnvironment } from './command-environment.ts';
import { LOGGED_OUTPUT, lastLine, outputLines } from './command-output.ts';
import type { CommandHook } from './hook.ts';
import { span } from './span.ts';

export interface CommandSystem {
  /** The daemon's environment; little of it is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill: a negative id means a whole process group. Throws ESRCH when there is none. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Gets the lines that a program prints. */
  readonly print: (line: string) => void;
}

/** Between SIGTERM and SIGKILL, and again before the wait for its end is given up (milliseconds). */
const PATIENCE = 2_000;
/** The same when the daemon stops: a container engine waits no longer than ten seconds in all. */
const LAST_PATIENCE = 500;
/** What is left in the pipes when a program has ended is read at once; a child of it may hold them. */
const LAST_WORDS = 250;

/** Runs a program for every event: JSON on its stdin, no shell. */
export function createCommandTransport(hook: CommandHook, system: CommandSystem): Transport {
  return {
    send: (message, options) =>
      options.signal.aborted
        ? Promise.resolve(aborted())
        : new Run(hook, system, message, options).attempt,
  };
}

/** One run of the program, until it and its time are over. */
class Run {
  readonly attempt: Promise<Attempt>;
  readonly #hook: CommandHook;
  readonly #system: CommandSystem;
  readonly #options: SendOptions;
  readonly #stdout: BoundedOutput;
  readonly #stderr = new BoundedOutput(LOGGED_OUTPUT);
  readonly #timers: NodeJS.Timeout[] = [];
  #child: ChildProcess | undefined;
  /** Why it was told to end; undefined while it runs of its own accord. */
  #ended: Attempt | undefined;
  #settle: (attempt: Attempt) => void = () => {};

  constructor(hook: CommandHook, system: CommandSystem, message: Message, options: SendOptions) {
    this.#hook = hook;
    this.#system = system;
    this.#options = options;
    this.#stdout = new BoundedOutput(options.wantsAnswer ? LONGEST_ANSWER : LOGGED_OUTPUT);
    this.attempt = new Promise((resolve) => {
      this.#settle = (attempt) => {
        this.#settle = () => {};
        for (const timer of this.#timers) clearTimeout(timer);
        options.signal.removeEventListener('abort', this.#abort);
        this.#tell();
        resolve(attempt);
      };
    });
    try {
      this.#start(message);
    } catch (error) {
      this.#settle(failed(startFailure(error, hook.command)));
    }
  }

  #start(message: Message): void {
    const { command, args, name, timeoutMs } = this.#hook;
    const options = {
      env: commandEnvironment(message, name, this.#system.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that what it starts can be ended together with it.
      detached: true,
    } satisfies SpawnOptions;
    const child = spawn(command, [...args], options);
    this.#child = child;
    child.on('error', (error) => {
      if (child.pid === undefined) this.#settle(failed(startFailure(error, command)));
    });
    child.stdout.on('data', (chunk: Buffer) => this.#heard(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.add(chunk));
    // It need not read what it is told.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
    child.stdin.end(message.body);
    child.on('exit', (code, signal) => this.#exited(child, code, signal));
    this.#options.signal.addEventListener('abort', this.#abort);
    this.#after(timeoutMs, () => {
      const sentence = `the program did not end within ${span(timeoutMs)} and was killed`;
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

  #exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ended) {
      this.#signal('SIGKILL');
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      this.#settle(this.#ended);
      return;
    }
    const settle = () => {
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      this.#settle(this.#ended ?? this.#outcome(code, signal));
    };
    child.once('close', settle);
    this.#after(LAST_WORDS, settle);
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

function startFailure(error: unknown, command: string): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
      return `there is no program ${command} (or its interpreter is missing)`;
    case 'EACCES':
    case 'EPERM':
      return `the program ${command} may not be run: is it executable?`;
    case 'ENOEXEC':
      return `${command} is no program: does it begin with #!?`;
    case 'E2BIG':
      return `the arguments of ${command} are too long`;
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
      return `${command} could not be started: the system has no process, memory or descriptor left`;
    default:
      return `${command} could not be started (${errnoOf(error) ?? 'no reason was given'})`;
  }
}
