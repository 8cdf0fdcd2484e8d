import { isKept } from '../../storage/model/upload.ts';
import { formatBytes, formatSize } from '../../terminal/size.ts';
import { formatDuration } from '../../text/span.ts';
import { countOf } from '../view/list-totals.ts';
import { type Interrupted, interruptedBy, place, removedBecause } from './diagnosis-words.ts';
import type { UploadDetails } from './upload-details.ts';

/**
 * Describes an upload's state in sentences: first the state and its cause, then the consequences.
 * The text may contain untrusted input from clients and hooks: sanitise it before display.
 */
export function diagnose(details: UploadDetails): string[] {
  const { status, sizeOnDisk } = details;
  if (status === 'removed') return removed(details);
  if (sizeOnDisk === null) return fileMissing(details);
  if (status === 'expired') return expired(details);
  if (status === 'finished') return finished(details);
  const what = sentenceFor(details);
  return [what, ...doubts(details), outlook(details)];
}

function sentenceFor(details: UploadDetails): string {
  switch (details.status) {
    case 'waiting':
      return waiting(details);
    case 'joining':
      return joining(details);
    case 'receiving':
      return receiving(details);
    default:
      return stalled(details);
  }
}

function removed({ record, now, sizeOnDisk }: UploadDetails): string[] {
  const why = removedBecause(record);
  const ago = formatDuration(now - (record.removedAt ?? now));
  if (record.state === 'removing') {
    const rest = sizeOnDisk === null ? '' : ', but its data file is still there';
    return [
      `Being removed since ${ago}${rest}: ${why}.`,
      'The next cleanup, or start of the daemon, ends what was begun.',
    ];
  }
  return [`Removed ${ago} ago: ${why}.`, 'Only this memory of it is left, for a week.'];
}

function fileMissing({ record }: UploadDetails): string[] {
  if (record.movedTo) {
    return [
      `Taken: it was delivered to ${record.movedTo.path}, and somebody has taken it away or changed it since.`,
      'Its client is answered 410 (gone). The record ends as that of any finished upload does.',
    ];
  }
  return [
    `Its data file is missing: ${formatBytes(record.offset)} were recorded, and somebody has removed the file, or its disk is not mounted.`,
    'If the file does not come back, the next cleanup marks the upload as removed.',
  ];
}

function expired({ record, now, expiresAt, complete }: UploadDetails): string[] {
  const ago = formatDuration(now - (expiresAt ?? now));
  const own = expiresAt === record.expiresAt;
  const since = own
    ? 'its own time is up'
    : isKept(record)
      ? `it finished ${formatDuration(now - (record.finishedAt ?? now))} ago`
      : `no byte has come for ${formatDuration(now - record.activeAt)}`;
  return [
    `Expired ${ago} ago: ${since}.`,
    complete
      ? 'Yet all of its bytes are here: no cleanup removes it before the daemon has finished it.'
      : 'Its client is answered 410 (gone), and the next cleanup removes it.',
  ];
}

function finished(details: UploadDetails): string[] {
  const { record, now, sizeOnDisk, expiresAt, finals } = details;
  const ago = formatDuration(now - (record.finishedAt ?? now));
  const lines = [`Finished ${ago} ago: all of its ${formatSize(record.length)} have arrived.`];
  if (sizeOnDisk !== record.length) {
    lines.push(
      `Yet its data file has ${formatBytes(sizeOnDisk)} and should have ${formatBytes(record.length)}: it was changed from outside.`,
    );
  }
  const waits = record.kind === 'partial' && finals.length === 0;
  if (waits) lines.push('It is a part, and no final upload has been made of it yet.');
  const end = expiresAt === null ? null : `in ${formatDuration(expiresAt - now)}`;
  const { downloadsLeft: left } = record;
  if (left !== null) lines.push(`It is removed after ${countOf(left, 'more complete download')}.`);
  if (left === null || end !== null) {
    lines.push(end === null ? 'It is kept for ever.' : `It is removed ${end}.`);
  }
  return lines;
}

function receiving(details: UploadDetails): string {
  const { record, now, beingWritten } = details;
  const age = formatDuration(now - record.activeAt);
  if (beingWritten) return `Receiving: ${place(details)} is here, and a transfer is running.`;
  if (record.offset === 0) return `Created ${age} ago; no byte has come yet.`;
  return `Its last byte came ${age} ago, at ${place(details)}; no transfer is running now.`;
}

function stalled(details: UploadDetails): string {
  const { record, now, offset, beingWritten } = details;
  const silence = `no byte for ${formatDuration(now - record.activeAt)}`;
  if (beingWritten) {
    return `Stalled: ${silence}, although a transfer is still open, at ${place(details)}.`;
  }
  if (record.refusal !== null) {
    return `All of its bytes are here, but a hook refused to let it finish: ${record.refusal}`;
  }
  if (offset !== null && offset === record.length) {
    return 'All of its bytes are here, but nobody was left to record the finish; the daemon does when it starts, or when its client asks.';
  }
  return `Stalled: ${silence}, ${causeOf(details)}.`;
}

function causeOf(details: UploadDetails): string {
  const { record, timeline, sizeOnDisk } = details;
  const last = timeline.findLast(
    (entry) => entry.event === 'received' || entry.event === 'rejected',
  );
  const told = timeline.findLast((entry) => entry.event === 'received')?.to ?? 0;
  // Bytes that no timeline entry covers: the daemon ended in the middle of a request.
  const unaccounted = Math.max(record.offset, sizeOnDisk ?? 0) > told;
  if (unaccounted && record.uncommittedFrom === null) {
    return `after the daemon ended in the middle of a request, at ${place(details)}`;
  }
  if (last?.event === 'rejected') {
    return `after a request from ${last.origin.address} was refused at ${place(details)} (${last.why})`;
  }
  if (!last) return `and none has come since ${record.origin.address} created it`;
  return interruptedBy(last as Interrupted, place(details));
}

function waiting({ parts }: UploadDetails): string {
  const missing = parts.filter(({ view }) => view?.record.state !== 'finished');
  const gone = missing.find(({ view }) => view === null || view.status === 'removed');
  if (gone) return `It can never be completed: its part ${gone.id} is gone.`;
  const first = missing[0]?.view;
  if (!first) return 'All of its parts are here; the daemon joins them when it starts.';
  const which = `${first.record.id} (${place({ ...first, offset: first.record.offset })})`;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return `Waiting for ${missing.length} of its ${parts.length} parts: ${which}${more}.`;
}

function joining({ record, parts, sizeOnDisk, beingWritten }: UploadDetails): string {
  const copied = `${formatSize(sizeOnDisk)} of ${formatSize(record.length)}`;
  return beingWritten
    ? `Joining its ${parts.length} parts: ${copied} are copied.`
    : `Joining its ${parts.length} parts was cut short at ${copied}; the daemon begins again when it starts.`;
}

/** Contradictions between record and file while nobody is writing. */
function doubts({ record, sizeOnDisk, beingWritten }: UploadDetails): string[] {
  if (beingWritten || sizeOnDisk === null || record.kind === 'final') return [];
  if (record.uncommittedFrom !== null && sizeOnDisk > record.uncommittedFrom) {
    const bytes = formatBytes(sizeOnDisk - record.uncommittedFrom);
    return [`${bytes} on disk were never verified by their checksum and don't count.`];
  }
  if (sizeOnDisk < record.offset) {
    const bytes = formatBytes(record.offset - sizeOnDisk);
    return [`Its data file has ${bytes} less than recorded: the client must send them again.`];
  }
  if (sizeOnDisk > record.offset) {
    return [`${formatBytes(sizeOnDisk - record.offset)} on disk are not recorded yet; they count.`];
  }
  return [];
}

function outlook({ record, now, expiresAt, beingWritten }: UploadDetails): string {
  const end =
    expiresAt === null ? 'it is kept for ever' : `it expires in ${formatDuration(expiresAt - now)}`;
  if (record.kind === 'final') return `Unless it is completed, ${end}.`;
  if (beingWritten) return `Should it stop here, ${end}.`;
  return `The client can still resume; without that ${end}.`;
}
