import { type Layout, tailsLength } from './layout.ts';

/** What S3 has of an upload, in lines for people. */
export function describeLayout(layout: Layout): string[] {
  const { state, file, id, numbers, next, partSize, tails, length, drop, etag } = layout;
  if (state === 'sealed') return [`object ${file}, ${length} bytes${etag ? `, ETag ${etag}` : ''}`];
  const lines: string[] = [];
  if (numbers.count > 0) {
    const bytes = length - tailsLength(tails);
    lines.push(`${numbers.count} parts of ${partSize} bytes, ${bytes} in all: numbers ${numbers}`);
  }
  if (file !== null) lines.push(`multipart upload ${file}, id ${id}, next part number ${next}`);
  for (const { name, size } of tails) lines.push(`tail ${name}, ${size} bytes`);
  if (state === 'sealing') lines.push('the parts are being put together');
  if (state === 'staging') lines.push('the parts are being put together, to be copied');
  if (drop.length > 0) lines.push(`${drop.length} objects wait to be deleted`);
  if (lines.length === 0) lines.push('no bytes yet');
  return lines;
}
