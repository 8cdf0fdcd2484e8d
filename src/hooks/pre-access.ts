import type { Caller } from '../storage/model/upload.ts';
import type { AccessAnswer } from './answer.ts';
import { ClientAnswer } from './client-answer.ts';
import { ask, type GuardsOptions } from './guards.ts';
import { describeRequest, type UploadInfo } from './payload.ts';

/**
 * Asks the `pre-access` hooks about a request; `id` is that of its upload, or null. Throws REFUSED,
 * HOOK_FAILED, HOOK_OVERDUE or UNAVAILABLE. Later answers override earlier ones.
 */
export type AskForAccess = (caller: Caller, id: string | null) => Promise<AccessAnswer>;

/** null when no hook listens to `pre-access`. */
export function createAskForAccess(options: GuardsOptions): AskForAccess | null {
  const receivers = options.receivers.filter((receiver) => receiver.listensTo('pre-access'));
  if (receivers.length === 0) return null;
  return async (caller, id) => {
    const facts = { Upload: uploadOf(id), HTTPRequest: describeRequest(caller) };
    let known: AccessAnswer = { principal: null, grants: null, maxSize: null };
    for (const receiver of receivers) {
      // What the hook wants to add to the answer to the client counts for its refusal only.
      const told = new ClientAnswer();
      const answer = await ask(options, receiver, { event: 'pre-access', facts, caller, told });
      if (!answer) continue;
      const { principal, grants, maxSize } = answer.access;
      known = {
        principal: principal ?? known.principal,
        grants: grants ?? known.grants,
        maxSize: maxSize ?? known.maxSize,
      };
    }
    return known;
  };
}

/** Nothing is looked up before access is granted, so only the id is known. */
function uploadOf(id: string | null): UploadInfo {
  return {
    ID: id ?? '',
    Size: 0,
    SizeIsDeferred: false,
    Offset: 0,
    MetaData: {},
    IsPartial: false,
    IsFinal: false,
    PartialUploads: null,
    Owner: null,
    Storage: null,
  };
}
