import type { HookEvent } from '../config/hooks/hook-schema.ts';
import { Fault } from '../fault.ts';
import type { CreationChange, CreationDraft, Guards } from '../storage/model/events.ts';
import type { Caller, UploadRecord } from '../storage/model/upload.ts';
import { formatSpan } from '../text/span.ts';
import { type HookAnswer, readAnswer } from './answer.ts';
import { ClientAnswer } from './client-answer.ts';
import { requestOf } from './client-request.ts';
import { describeDraft, describeRequest, describeUpload, type Payload } from './payload.ts';
import { plainText } from './plain-text.ts';
import type { HookLog, Receiver } from './receiver.ts';
import { pathWithin } from './storage-path.ts';
import type { Attempt } from './transport/attempt.ts';

export interface GuardsOptions {
  readonly receivers: readonly Receiver[];
  readonly log: HookLog;
  /** The folder within which a hook may choose the place of a file; null: it may not. */
  readonly storageRoot: string | null;
  /** Aborts when the program ends. */
  readonly signal: AbortSignal;
}

/**
 * The client's message when a hook could not be reached. It does not name the hook or the cause.
 */
const UNDECIDED = 'the server could not find out whether to allow this; try again later';

const REFUSED = {
  'pre-access': 'the server does not permit this',
  'pre-create': 'this upload was refused by the server',
  'pre-finish': 'this upload was refused by the server after its last byte',
  'pre-terminate': 'the server does not let this upload be removed',
} as const satisfies Partial<Record<HookEvent, string>>;

export type BlockingEvent = keyof typeof REFUSED;

const REFUSES: Readonly<Record<BlockingEvent, (answer: HookAnswer) => boolean>> = {
  'pre-access': (answer) => answer.rejectAccess,
  'pre-create': (answer) => answer.rejectUpload,
  'pre-finish': (answer) => answer.rejectUpload,
  'pre-terminate': (answer) => answer.rejectTermination,
};

/**
 * The hooks that must approve a change. The hooks of one event are called in turn, in the order of
 * the configuration: the first refusal wins, changes accumulate, and later answers override earlier
 * ones. Guards without a hook are left undefined.
 */
export function createGuards(options: GuardsOptions): Guards {
  const [creating, finishing, removing] = (
    ['pre-create', 'pre-finish', 'pre-terminate'] as const
  ).map((event) => options.receivers.filter((receiver) => receiver.listensTo(event)));
  const askAll = async (
    event: BlockingEvent,
    receivers: readonly Receiver[],
    [record, caller, place]: [UploadRecord, Caller, string],
  ): Promise<void> => {
    const facts = { Upload: describeUpload(record, place), HTTPRequest: describeRequest(caller) };
    const told = new ClientAnswer();
    for (const receiver of receivers) await ask(options, receiver, { event, facts, caller, told });
    leave(caller, told);
  };
  return {
    ...(creating?.length
      ? { beforeCreate: (draft, caller) => askToCreate(options, creating, draft, caller) }
      : {}),
    ...(finishing?.length
      ? { beforeFinish: (...facts) => askAll('pre-finish', finishing, facts) }
      : {}),
    ...(removing?.length
      ? { beforeRemove: (...facts) => askAll('pre-terminate', removing, facts) }
      : {}),
  };
}

async function askToCreate(
  options: GuardsOptions,
  receivers: readonly Receiver[],
  draft: CreationDraft,
  caller: Caller,
): Promise<CreationChange> {
  const told = new ClientAnswer();
  const HTTPRequest = describeRequest(caller);
  let { metadata } = draft;
  let id = '';
  let wantedPath: string | undefined;
  for (const receiver of receivers) {
    // Later hooks see the changes of earlier ones.
    const facts = { Upload: describeDraft({ ...draft, metadata }, id, caller), HTTPRequest };
    const asking = { event: 'pre-create', facts, caller, told } as const;
    const answer = await ask(options, receiver, asking);
    if (answer?.id) id = answer.id;
    if (answer?.metadata) metadata = answer.metadata.text;
    if (answer?.storagePath) {
      wantedPath = wantedPathOf(options, receiver, answer.storagePath) ?? wantedPath;
    }
  }
  leave(caller, told);
  return { ...(id === '' ? {} : { id }), metadata, ...(wantedPath ? { wantedPath } : {}) };
}

/** Throws HOOK_FAILED for a path that leads out of the folder: nothing good can come of guessing. */
function wantedPathOf(
  { storageRoot, log }: GuardsOptions,
  { hook }: Receiver,
  chosen: string,
): string | undefined {
  if (storageRoot === null) {
    const what = 'its answer sets ChangeFileInfo.Storage, which needs the key storageRoot';
    log('warn', `hook ${hook.name}: ${what}; it is ignored`);
    return undefined;
  }
  const path = pathWithin(storageRoot, chosen);
  if (path !== null) return path;
  const problem = `its answer chooses a Storage.Path that is not the path of a file below ${storageRoot}`;
  log('warn', `hook ${hook.name}: pre-create failed: ${problem}`);
  throw new Fault('HOOK_FAILED', `the hook ${hook.name} failed: ${problem}`, {
    publicMessage: UNDECIDED,
  });
}

/** Stores the hooks' changes to the response, if any, in the client's request. */
function leave(caller: Caller, { answer }: ClientAnswer): void {
  const request = requestOf(caller);
  if (request && answer) request.answer = answer;
}

/** One question to the hooks. */
export interface Asking {
  readonly event: BlockingEvent;
  readonly facts: Payload['Event'];
  readonly caller: Caller;
  /** The response changes of the hooks that agreed. */
  readonly told: ClientAnswer;
}

/**
 * Calls one hook. Returns undefined if it failed and its `onError` allows that. Throws REFUSED,
 * HOOK_FAILED, HOOK_OVERDUE or UNAVAILABLE.
 */
export async function ask(
  options: GuardsOptions,
  receiver: Receiver,
  { event, facts, caller, told }: Asking,
): Promise<HookAnswer | undefined> {
  const { name } = receiver.hook;
  const attempt = await send(options, receiver, event, facts);
  if (!attempt.ok && attempt.why === 'aborted') {
    throw new Fault('UNAVAILABLE', 'the server is stopping; come back in a moment', {
      retryAfter: 5,
    });
  }
  const read = attempt.ok ? readAnswer(attempt.answer) : { problem: attempt.sentence };
  if ('problem' in read) {
    const overdue = !attempt.ok && attempt.why === 'overdue';
    return goWithout(options, receiver, event, facts.Upload.ID, read.problem, overdue);
  }
  const { answer } = read;
  const refuses = REFUSES[event](answer);
  const own = refuses ? new ClientAnswer() : told;
  for (const sentence of own.add(answer.response)) options.log('warn', `hook ${name}: ${sentence}`);
  if (refuses) throw refusal(receiver, event, caller, own);
  return answer;
}

async function send(
  { signal }: GuardsOptions,
  receiver: Receiver,
  event: BlockingEvent,
  facts: Payload['Event'],
): Promise<Attempt> {
  const { hook, gate } = receiver;
  if (!(await gate.enter(hook.timeoutMs))) {
    const sentence = `too many others are being asked; it had no turn within ${formatSpan(hook.timeoutMs)}`;
    return { ok: false, sentence, why: 'overdue' };
  }
  try {
    return await receiver.tell(event, facts, { signal, wantsAnswer: true });
  } finally {
    gate.leave();
  }
}

function goWithout(
  { log }: GuardsOptions,
  { hook }: Receiver,
  event: BlockingEvent,
  id: string,
  problem: string,
  overdue: boolean,
): undefined {
  const what = `hook ${hook.name}: ${event}${id === '' ? '' : ` of ${id}`} failed: ${problem}`;
  if (hook.onError === 'allow') {
    log('warn', `${what} (allowed: onError is "allow")`);
    return;
  }
  log('warn', what);
  throw new Fault(
    overdue ? 'HOOK_OVERDUE' : 'HOOK_FAILED',
    `the hook ${hook.name} failed: ${problem}`,
    { publicMessage: UNDECIDED },
  );
}

function refusal(
  { hook }: Receiver,
  event: BlockingEvent,
  caller: Caller,
  { answer }: ClientAnswer,
): Fault {
  const { status, ...wanted } = answer ?? {};
  const request = requestOf(caller);
  // With any other status the client would take the refusal for a success.
  if (request) request.refusal = { ...wanted, ...(status && status >= 400 ? { status } : {}) };
  const said = answer?.body === undefined ? '' : `: ${plainText(answer.body, 200)}`;
  return new Fault('REFUSED', `the hook ${hook.name} refused it${said}`, {
    publicMessage: REFUSED[event],
  });
}
