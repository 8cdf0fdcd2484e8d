import { Fault, messageOf } from '../../fault.ts';
import { formatJson } from '../../terminal/json.ts';
import { SECOND } from '../../text/span.ts';
import type { TransferReport } from './transfer-report.ts';

const PROGRESS_EVERY = SECOND;

/** Progress for a program: a JSON object on each line (docs/json.md). */
export function createJsonReport(
  now: () => number,
  write: (line: string) => void,
  /** The key of the result: "url" of an upload, "path" of a download. */
  resultKey: string,
): TransferReport {
  const tell = (event: string, fields: Readonly<Record<string, unknown>>) =>
    write(formatJson({ event, ...fields }));
  const failed = (file: string, fault: unknown) => tell('failed', { file, error: errorOf(fault) });
  return {
    begin(file, size) {
      let told = now();
      let known = size;
      tell('begin', { file, size });
      return {
        position(bytes) {
          if (now() - told < PROGRESS_EVERY) return;
          told = now();
          tell('progress', { file, position: bytes, size: known });
        },
        size(bytes) {
          known = bytes;
        },
        retry: (fault, delay) =>
          tell('retry', { file, delayMs: Math.round(delay), error: errorOf(fault) }),
        note: (text) => tell('note', { file, text }),
        done: ({ result, size: bytes, already, compared }) =>
          tell('done', { file, [resultKey]: result, size: bytes, already, compared }),
        failed: (fault) => failed(file, fault),
        stopped() {},
      };
    },
    note: (text) => tell('note', { file: null, text }),
    failed,
    end(totals) {
      if (totals === null) return;
      const { done, already, failed: failures, skipped, bytes, elapsed } = totals;
      tell('end', { done, already, skipped, failed: failures, bytes, elapsedMs: elapsed });
    },
  };
}

function errorOf(error: unknown) {
  if (!(error instanceof Fault)) return { code: 'BUG', message: messageOf(error), hint: null };
  return { code: error.code, message: error.title, hint: error.hint ?? null };
}
