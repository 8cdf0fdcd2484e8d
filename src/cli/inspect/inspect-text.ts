import type { Origin } from '../../storage/model/upload.ts';
import type { ProcessInfo } from '../../storage/store.ts';
import { pad, truncate } from '../../terminal/fit.ts';
import { formatBytes, formatCount, formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { renderTable } from '../../terminal/table.ts';
import { formatDateTime, type TimeOptions } from '../../terminal/time.ts';
import { displayWidth } from '../../terminal/width.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatAge, formatDuration } from '../../text/span.ts';
import { diagnose } from './diagnosis.ts';
import { place } from './diagnosis-words.ts';
import { metadataRows } from './metadata-text.ts';
import { timelineLines } from './timeline-text.ts';
import type { RelatedUpload, UploadDetails } from './upload-details.ts';

export interface InspectOptions extends TimeOptions {
  readonly style: Style;
  /** Columns of the terminal; null for a pipe. */
  readonly width: number | null;
}

/** The width at which the status is right-aligned on a wide terminal. */
const LINE = 80;
const LABEL = 11;
/** Columns; a User-Agent can be as long as a header. */
const AGENT_MAX = 120;

/** All details for a person: title, diagnosis, facts and timeline. */
export function inspectLines(details: UploadDetails, options: InspectOptions): string[] {
  const facts = factsOf(details, options).flatMap(([label, values]) =>
    values.map((value, index) => `  ${pad(index === 0 ? label : '', LABEL)}${value}`),
  );
  return [
    headline(details, options),
    ...diagnose(details).map(sanitize),
    '',
    ...facts,
    '',
    ...timelineLines(details, options).map((line) => `  ${line}`),
  ];
}

function headline({ record, status }: UploadDetails, { style, width }: InspectOptions): string {
  const name = record.name === null ? '' : `  ${sanitize(record.name)}`;
  const left = `${style.strong(sanitize(record.id))}${name}`;
  const room = Math.min(width ?? 0, LINE) - displayWidth(left) - status.length;
  return `${left}${' '.repeat(Math.max(2, room))}${style.status[status](status)}`;
}

type Fact = readonly [string, readonly string[]];

function factsOf(details: UploadDetails, options: InspectOptions): Fact[] {
  const { record, now, expiresAt, path, parts, finals } = details;
  const when = (at: number) => formatDateTime(at, options);
  const facts: (Fact | null)[] = [
    ['received', [receivedText(details)]],
    ['file', [`${sanitize(path)} (${diskText(details)})`]],
    ['stored as', details.stored.map(sanitize)],
    details.writer === null ? null : ['written by', [writerText(details.writer)]],
    ['metadata', tableOf(metadataRows(record.metadata))],
    record.owner === null ? null : ['owner', [sanitize(record.owner)]],
    ['created', [`${when(record.createdAt)} by ${originText(record.origin)}`]],
    lastBytes(details, when),
    record.finishedAt === null ? null : ['finished', [when(record.finishedAt)]],
    record.removedAt === null ? null : ['removed', [when(record.removedAt)]],
    record.refusal === null ? null : ['refused', [sanitize(record.refusal)]],
    expiresAt === null
      ? null
      : [
          'expires',
          [
            `${when(expiresAt)}${expiresAt > now ? ` (in ${formatDuration(expiresAt - now)})` : ''}`,
          ],
        ],
    [
      'crc-32',
      [`${record.crc32.toString(16).padStart(8, '0')} of the first ${formatBytes(record.offset)}`],
    ],
    ['parts', tableOf(parts.map(relatedRow))],
    ['part of', tableOf(finals.map(relatedRow))],
  ];
  return facts.filter((fact) => fact !== null).filter(([, values]) => values.length > 0);
}

function writerText({ role, pid, host }: ProcessInfo): string {
  return `the ${role} with the process id ${pid} at ${sanitize(host)}`;
}

function receivedText({ record, offset, received: known }: UploadDetails): string {
  const { length } = record;
  const received = offset ?? known;
  if (length === null) return `${formatSize(received)}, of a length that is not known yet`;
  if (received === length) return `${formatSize(length)} (${formatBytes(length)}), all of it`;
  return `${formatSize(received)} of ${formatSize(length)} (${formatCount(received)} of ${formatBytes(length)})`;
}

function diskText({ record, sizeOnDisk }: UploadDetails): string {
  if (sizeOnDisk === null) return 'not there';
  const remark =
    sizeOnDisk === record.offset ? ', as recorded' : `; ${formatCount(record.offset)} recorded`;
  return `${formatBytes(sizeOnDisk)} on disk${remark}`;
}

function lastBytes(
  { record, timeline, now }: UploadDetails,
  when: (at: number) => string,
): Fact | null {
  const last = timeline.findLast((entry) => entry.event === 'received');
  if (last === undefined) return null;
  const age = formatAge(now - record.activeAt);
  const ago = age === 'now' ? 'now' : `${age} ago`;
  return ['last byte', [`${when(record.activeAt)} (${ago}) by ${originText(last.origin)}`]];
}

function originText({ address, protocol, agent, principal }: Origin): string {
  const who = principal === undefined ? '' : `${sanitize(principal)} at `;
  const words =
    agent === null ? protocol : `${protocol}, "${truncate(sanitize(agent), AGENT_MAX)}"`;
  return `${who}${sanitize(address)} (${words})`;
}

function relatedRow({ id, view }: RelatedUpload): string[] {
  if (view === null) return [sanitize(id), 'not known any more', ''];
  return [sanitize(id), view.status, place({ ...view, offset: view.received })];
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const columns = (rows[0] ?? []).map(() => ({ header: '' }));
  return rows.length === 0 ? [] : renderTable(columns, rows, { width: null });
}
