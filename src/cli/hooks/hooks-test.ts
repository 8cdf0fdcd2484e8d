import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { HOOK_EVENTS, type Hook, type HookEvent } from '../../config/hooks/hook-schema.ts';
import { MEMORY } from '../../config/keys/upload-dir.ts';
import { nearestName } from '../../config/nearest.ts';
import { Fault } from '../../fault.ts';
import { sendTestEvent, type TestOutcome } from '../../hooks/test-event.ts';
import { formatJson } from '../../terminal/json.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';
import { helpText } from '../output/help-text.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addConfigOptions, readConfig } from '../store/config-options.ts';

interface TestOptions extends Readonly<Record<string, unknown>> {
  readonly event?: string;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `The event is about an upload "test" that does not exist; it says "Test": true. It is sent once, with
the hook's secrets and headers, from this machine and by this user: both may differ from the daemon's.`,
  ],
  examples: [
    ['tusd-ts hooks test app', 'post-finish, or the first event that the hook asks for'],
    ['tusd-ts hooks test app --event pre-create', 'and what it would answer'],
  ],
  exits: [[1, 'the hook did not take it']],
});

/** `tusd-ts hooks test <hook>` */
export function hooksTestCommand(io: Io): Command {
  const command = new Command('test')
    .description('Send a test event to a hook now, and tell what came of it')
    .argument('<hook>', 'its name in the configuration');
  addConfigOptions(command, []);
  return command
    .option('--event <name>', 'which event')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((name: string, options: TestOptions) => test(io, name, options));
}

async function test(io: Io, name: string, options: TestOptions): Promise<void> {
  const { config, file } = await readConfig(io, options, { withSecrets: true });
  const hook = findHook(config.hooks, name, file);
  const event = options.event === undefined ? usualEvent(hook) : readEvent(options.event);
  const ending = new AbortController();
  const signals = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    io.onSignal(signal, () => ending.abort()),
  );
  const printed: string[] = [];
  const started = performance.now();
  const outcome = await sendTestEvent(hook, event, {
    place: placeOf(config),
    now: io.now,
    env: io.env,
    kill: (pid, signal) => process.kill(pid, signal),
    print: (line) => printed.push(line),
    signal: ending.signal,
  }).finally(() => {
    for (const off of signals) off();
  });
  const ms = Math.round(performance.now() - started);
  if (!isTaken(outcome)) io.setExitCode(1);
  const text = options.json
    ? formatJson(outcomeJson(hook, event, outcome, printed, ms), 2)
    : outcomeLines(io, hook, event, outcome, printed, ms).join('\n');
  await (options.json ? io.stdout : textOutput(io, io.stdout)).write(`${text}\n`);
}

/** Where the bytes of an upload called "test" would be. */
function placeOf({ storage, uploadDir }: Config): string {
  if (storage.type === 's3') return `s3://${storage.bucket}/${storage.prefix}test/file`;
  return uploadDir === MEMORY ? uploadDir : join(resolve(uploadDir), 'tus', 'test');
}

function findHook(hooks: readonly Hook[], name: string, file: string | null): Hook {
  const found = hooks.find((hook) => hook.name === name);
  if (found) return found;
  const names = hooks.map((hook) => hook.name);
  const nearest = nearestName(name, names);
  const suggestion = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  const where = file === null ? 'there is no configuration file' : `in ${file}`;
  throw new Fault('USAGE', `no hook is called ${JSON.stringify(name)} (${where}).${suggestion}`, {
    hint: names.length > 0 ? `There is: ${names.join(', ')}.` : 'No hook is configured.',
  });
}

function usualEvent(hook: Hook): HookEvent {
  const [first = 'post-finish'] = hook.events;
  return hook.events.includes('post-finish') ? 'post-finish' : first;
}

/** The value of `--event`. Throws USAGE. */
function readEvent(text: string): HookEvent {
  const found = HOOK_EVENTS.find((event) => event === text);
  if (found) return found;
  throw new Fault('USAGE', `--event doesn't know ${JSON.stringify(text)}`, {
    hint: `It can be ${HOOK_EVENTS.join(', ')}.`,
  });
}

/** true for a valid answer, including a refusal. */
function isTaken({ attempt, read }: TestOutcome): boolean {
  return attempt.ok && (read === null || 'answer' in read);
}

function failureOf({ attempt, read }: TestOutcome): string | null {
  if (!attempt.ok) return attempt.sentence;
  return read !== null && 'problem' in read ? read.problem : null;
}

function outcomeJson(
  hook: Hook,
  event: HookEvent,
  outcome: TestOutcome,
  printed: readonly string[],
  ms: number,
) {
  const { attempt, read, payload } = outcome;
  return {
    hook: hook.name,
    event,
    ok: isTaken(outcome),
    error: failureOf(outcome),
    result: attempt.ok ? attempt.detail : null,
    durationMs: ms,
    answer: read !== null && 'answer' in read ? read.answer : null,
    output: printed,
    payload,
  };
}

function outcomeLines(
  io: Io,
  hook: Hook,
  event: HookEvent,
  outcome: TestOutcome,
  printed: readonly string[],
  ms: number,
): string[] {
  const style = styleOf(io);
  const failure = failureOf(outcome);
  const { attempt } = outcome;
  const result = attempt.ok ? ` (${attempt.detail})` : '';
  const head =
    failure === null
      ? `${style.ok('taken')} after ${formatDuration(ms)}${sanitize(result)}`
      : `${style.bad('failed')} after ${formatDuration(ms)}: ${sanitize(failure)}`;
  return [
    `${event} to the hook ${sanitize(hook.name)}: ${head}`,
    ...answerLines(outcome),
    ...printed.map((line) => `  it printed: ${sanitize(line)}`),
  ];
}

/** The effect that the answer would have on a real upload. */
function answerLines({ read, payload }: TestOutcome): string[] {
  if (read === null || !('answer' in read)) return [];
  const { answer } = read;
  const { status, body, headers } = answer.response;
  const refuses = payload.Type === 'pre-terminate' ? answer.rejectTermination : answer.rejectUpload;
  const verdict = answer.stopUpload ? 'it stops the upload' : refuses ? 'it refuses' : 'it allows';
  return [
    `  ${verdict}${status === null ? '' : `, with status ${status}`}`,
    ...(body === null ? [] : [`  body: ${sanitize(body)}`]),
    ...headers.map(([name, value]) => `  header: ${sanitize(`${name}: ${value}`)}`),
    ...(answer.id === null ? [] : [`  id: ${sanitize(answer.id)}`]),
    ...(answer.metadata === null ? [] : [`  metadata: ${answer.metadata.text ?? 'none'}`]),
  ];
}
