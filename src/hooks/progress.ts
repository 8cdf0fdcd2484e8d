import { Fault } from '../fault.ts';
import type { Caller, UploadRecord } from '../storage/model/upload.ts';
import type { UploadStore } from '../storage/store.ts';
import { readAnswer } from './answer.ts';
import { ClientAnswer } from './client-answer.ts';
import { requestOf } from './client-request.ts';
import { Outage } from './delivery/outage.ts';
import { describeRequest, describeUpload } from './payload.ts';
import type { HookLog, Receiver } from './receiver.ts';

export interface ProgressOptions {
  readonly receivers: readonly Receiver[];
  readonly store: UploadStore;
  readonly log: HookLog;
  readonly now: () => number;
  /** The most concurrent calls to one hook; further uploads wait for their next second. */
  readonly concurrency: number;
  /** Returns numbers from 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * post-receive: reports progress while bytes arrive, about once a second for each upload. Nothing
 * is recorded or queued: events that a slow receiver cannot take are dropped.
 */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #lines: { receiver: Receiver; busy: Set<string>; outage: Outage }[];

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#lines = options.receivers
      .filter((receiver) => receiver.listensTo('post-receive'))
      .map((receiver) => ({
        receiver,
        busy: new Set(),
        outage: new Outage(
          `hook ${receiver.hook.name} (post-receive)`,
          options.log,
          options.random,
        ),
      }));
  }

  received(record: UploadRecord, caller: Caller): void {
    const { signal, concurrency, now } = this.#options;
    if (signal.aborted) return;
    for (const { receiver, busy, outage } of this.#lines) {
      if (busy.has(record.id) || busy.size >= outage.room(concurrency, now())) continue;
      busy.add(record.id);
      void this.#tell(receiver, outage, record, caller).finally(() => busy.delete(record.id));
    }
  }

  async #tell(
    receiver: Receiver,
    outage: Outage,
    record: UploadRecord,
    caller: Caller,
  ): Promise<void> {
    const { store, log, now, signal } = this.#options;
    const { name } = receiver.hook;
    const startedAt = now();
    const facts = {
      Upload: describeUpload(record, store.pathOf(record)),
      HTTPRequest: describeRequest(caller),
    };
    const attempt = await receiver.tell('post-receive', facts, { signal, wantsAnswer: true });
    if (!attempt.ok && attempt.why === 'aborted') return;
    const read = attempt.ok ? readAnswer(attempt.answer) : { problem: attempt.sentence };
    if ('problem' in read) {
      outage.failed(read.problem, startedAt, now());
      return;
    }
    outage.succeeded(now());
    if (!read.answer.stopUpload) return;
    const told = new ClientAnswer();
    for (const left of told.add(read.answer.response)) log('warn', `hook ${name}: ${left}`);
    log('info', `hook ${name}: it stops the upload ${record.id}`);
    try {
      // Another request may have taken over meanwhile: the refusal is for its client.
      await store.stop(record.id, (stopped) => {
        const request = requestOf(stopped);
        if (request) request.refusal = told.answer;
      });
    } catch (error) {
      // The upload may have finished meanwhile. Anything but a Fault is a bug and is logged with
      // its stack.
      const why = error instanceof Fault ? error.message : String((error as Error).stack ?? error);
      log('warn', `hook ${name}: the upload ${record.id} was not stopped: ${why}`);
    }
  }
}
