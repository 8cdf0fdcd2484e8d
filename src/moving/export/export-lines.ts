import { RECORD_STATES } from '../../storage/model/upload.ts';
import type { Reads } from '../../storage/reads.ts';
import { type ExportEnd, headOf, lineOf } from './export-line.ts';

/**
 * All records of a directory as lines of JSON, the oldest first, so that parts come before what they are
 * joined to. Begins with a head and ends with the number of uploads.
 */
export async function* exportLines(store: Reads, now: () => number): AsyncGenerator<string> {
  yield JSON.stringify(headOf(store.place, now()));
  let uploads = 0;
  for await (const record of store.list({ states: RECORD_STATES, reverse: true })) {
    uploads += 1;
    yield JSON.stringify(lineOf(record, await store.timeline(record)));
  }
  yield JSON.stringify({ end: true, uploads } satisfies ExportEnd);
}
