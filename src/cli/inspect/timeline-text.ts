import type { Delivery } from '../../storage/model/delivery.ts';
import type { TimelineEntry } from '../../storage/model/timeline.ts';
import type { Origin, UploadRecord } from '../../storage/model/upload.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import { formatClock, formatDateTime, type TimeOptions } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';
import { countOf } from '../view/list-totals.ts';
import { placementText } from '../view/placement-view.ts';
import { endOf, removedBecause } from './diagnosis-words.ts';
import type { UploadDetails } from './upload-details.ts';

/** The timeline of an upload and its hook deliveries, in order, a line each. */
export function timelineLines(details: UploadDetails, options: TimeOptions): string[] {
  const { timeline, deliveries, placements, record, now } = details;
  const happened = [
    ...timeline.map((entry) => ({ at: entry.at, text: entryText(entry, record, options) })),
    ...deliveries.map((one) => ({ at: one.createdAt, text: deliveryText(one, now) })),
    ...placements.flatMap((one) => {
      const text = placementText(one, now);
      return text === null ? [] : { at: one.createdAt, text };
    }),
  ].sort((left, right) => left.at - right.at);
  const time = timeFormat(
    happened.map(({ at }) => at),
    options,
  );
  return happened.map(({ at, text }) => `${time(at)}  ${sanitize(text)}`);
}

/** Shows the date only if the times span several days. */
function timeFormat(times: readonly number[], options: TimeOptions): (at: number) => string {
  const days = new Set(times.map((at) => formatDateTime(at, options).slice(0, 10)));
  return days.size > 1 ? (at) => formatDateTime(at, options) : (at) => formatClock(at, options);
}

function entryText(entry: TimelineEntry, record: UploadRecord, options: TimeOptions): string {
  switch (entry.event) {
    case 'created':
      return `created by ${whoOf(entry.origin)}`;
    case 'received':
      return receivedText(entry, record, options);
    case 'rejected':
      return `a request from ${whoOf(entry.origin)} was refused: ${entry.why}${requestOf(entry.origin)}`;
    case 'length-declared':
      return `the client declared the length: ${formatSize(entry.length)}`;
    case 'joining':
      return `joining ${countOf(entry.parts, 'part')}`;
    case 'finished':
      return 'finished';
    case 'refused':
      return `a hook did not let it finish: ${entry.why}`;
    case 'recovered':
      return `after a restart: ${entry.what}`;
    case 'imported':
      return `imported from ${entry.from}`;
    case 'delivered':
      return `delivered to ${entry.path} by the rule ${entry.rule}`;
    case 'removed':
      return `removed, since ${removedBecause({ ...record, removedWhy: entry.why })}; ${formatSize(entry.bytes)} freed`;
  }
}

/** How bodies were read. */
const READ = {
  direct: ', read from the socket',
  stream: ', read as a stream',
  both: ', read from the socket and as a stream',
} as const;

/** The id by which the log knows the request. */
function requestOf({ requestId }: Origin): string {
  return requestId === undefined ? '' : ` (request ${requestId})`;
}

function receivedText(
  entry: Extract<TimelineEntry, { event: 'received' }>,
  record: UploadRecord,
  options: TimeOptions,
): string {
  const { from, to, requests, until, origin, interrupted, body } = entry;
  const several =
    requests > 1
      ? ` in ${formatCount(requests)} requests until ${formatClock(until, options)}`
      : '';
  const where = whoOf(origin) === whoOf(record.origin) ? '' : ` from ${whoOf(origin)}`;
  const read = body === undefined ? '' : READ[body];
  const which = interrupted === null ? '' : requestOf(origin);
  return `+${formatSize(to - from)}${several}${where}${read}${endOf(interrupted)}${which}`;
}

function whoOf({ principal, address }: Origin): string {
  return principal === undefined ? address : `${principal} (${address})`;
}

function deliveryText(delivery: Delivery, now: number): string {
  const { event, hook, state, attempts, lastError, nextAt, doneAt } = delivery;
  const told = `${event} for the hook ${hook}`;
  const tries = countOf(attempts, 'attempt');
  if (state === 'delivered') {
    const took = doneAt === null ? '' : ` after ${formatDuration(doneAt - delivery.createdAt)}`;
    return `${told}: delivered${took} (${tries})`;
  }
  if (state === 'dead') return `${told}: given up after ${tries}: ${lastError ?? 'no answer'}`;
  if (nextAt === null) return `${told}: waiting for the event before it`;
  if (attempts === 0) return `${told}: waiting to be delivered`;
  const next = nextAt <= now ? 'now' : `in ${formatDuration(nextAt - now)}`;
  return `${told}: ${tries} failed, the next ${next}: ${lastError ?? 'no answer'}`;
}
