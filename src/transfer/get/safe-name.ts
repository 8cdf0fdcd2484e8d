import { parse } from 'content-disposition';

/** Room for the ending of the file that holds a part (bytes, of the 255 that file systems allow). */
const LONGEST = 240;
/** Names that Windows reserves, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)/i;
const EXTENSION = /(?:\.tar)?\.[^.\s]{1,16}$/u;

/** The name for a download, from what the server says or from its address. Never a path. */
export function downloadName(disposition: string | undefined, url: URL): string {
  const last = url.pathname.split('/').findLast((segment) => segment !== '') ?? '';
  return safeName(nameOf(disposition) ?? decode(last));
}

/**
 * Makes a name of an untrusted one: its last segment, without characters that control a terminal or
 * reorder text, not hidden, not reserved, and short enough for every file system.
 */
export function safeName(name: string): string {
  const last = name.split(/[/\\]/).findLast((segment) => segment.trim() !== '') ?? '';
  const visible = last
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}<>:"|?*]/gu, '_')
    .replace(/[. ]+$/, '')
    .trimStart()
    .replace(/^\.+/, '_');
  if (visible === '' || /^_+$/.test(visible)) return 'download';
  return shorten(RESERVED.test(visible) ? `_${visible}` : visible);
}

/** Cuts a name at a character, and keeps its extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  let kept = '';
  let room = LONGEST - Buffer.byteLength(extension);
  for (const { segment } of new Intl.Segmenter('en').segment(name.slice(0, LONGEST))) {
    room -= Buffer.byteLength(segment);
    if (room < 0) break;
    kept += segment;
  }
  return kept + extension;
}

function nameOf(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  try {
    return parse(disposition).parameters.filename || undefined;
  } catch {
    return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
