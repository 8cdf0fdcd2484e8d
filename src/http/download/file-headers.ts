import { create as contentDisposition } from 'content-disposition';
import { fileTypeOf } from '../../storage/model/metadata.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import { type MediaType, parseMediaType } from './media-type.ts';

/**
 * Types that a browser displays without running scripts. All others are sent as attachments:
 * clients that may upload must not be able to run a script in this server's origin. Browsers treat
 * every type that ends in "+xml" as a document, which may contain scripts.
 */
const SHOWN = /^(?:(?:image|video|audio)\/(?!svg)(?!.*\+xml$)|text\/plain$|application\/pdf$)/;

/** Chromium shows these in a generated page whose player requests the file again. */
const PLAYED = /^(?:video|audio)\//;
const NOTHING = "sandbox; default-src 'none'";
const PLAYER = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'";

const UNKNOWN: MediaType = { essence: 'application/octet-stream', parameters: '' };

type FileHeaders = Readonly<
  Record<
    'Content-Type' | 'Content-Disposition' | 'X-Content-Type-Options' | 'Content-Security-Policy',
    string
  >
>;

/**
 * The headers that describe a file. Its name and type come from the client and are made harmless.
 */
export function describeFile({ name, metadata }: UploadRecord): FileHeaders {
  const { essence, parameters } = parseMediaType(fileTypeOf(metadata) ?? '') ?? UNKNOWN;
  const shown = SHOWN.test(essence);
  const text = essence === 'text/plain' && !parameters.includes('; charset=');
  return {
    'Content-Type': essence + parameters + (text ? '; charset=utf-8' : ''),
    'Content-Disposition': contentDisposition(name === null ? undefined : fileName(name), {
      type: shown ? 'inline' : 'attachment',
    }),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': shown && PLAYED.test(essence) ? PLAYER : NOTHING,
  };
}

/**
 * A file name to save under: the last path segment, without characters unsafe in headers or file
 * systems.
 */
function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '_').slice(-200);
  return clean === '' || clean === '.' || clean === '..' ? 'download' : clean;
}
