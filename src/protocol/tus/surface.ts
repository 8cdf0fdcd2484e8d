import type { CorsHeaders, Methods } from '../protocol.ts';

export const TUS_VERSION = '1.0.0';

/** The protocol name that is recorded with uploads. */
export const TUS_NAME = `tus ${TUS_VERSION}`;

/** Part of every response, including those to requests that never reached the protocol. */
export const TUS_HEADERS = { 'Tus-Resumable': TUS_VERSION };

/** Headers that pages send and read; without CORS permission a browser blocks or hides them. */
export const TUS_CORS_HEADERS: CorsHeaders = {
  sent: [
    'Tus-Resumable',
    'Upload-Checksum',
    'Upload-Concat',
    'Upload-Defer-Length',
    'Upload-Length',
    'Upload-Metadata',
    'Upload-Offset',
    'X-HTTP-Method-Override',
  ],
  read: [
    'Upload-Offset',
    'Upload-Length',
    'Upload-Metadata',
    'Upload-Expires',
    'Upload-Defer-Length',
    'Upload-Concat',
    'Tus-Resumable',
    'Tus-Version',
    'Tus-Extension',
    'Tus-Max-Size',
    'Tus-Checksum-Algorithm',
  ],
};

/** The methods allowed for the creation URL and for an upload's URL. */
export function tusMethods(offered: { download: boolean; termination: boolean }): Methods {
  return {
    collection: ['OPTIONS', 'POST'],
    item: [
      'OPTIONS',
      ...(offered.download ? ['GET'] : []),
      'HEAD',
      'PATCH',
      ...(offered.termination ? ['DELETE'] : []),
    ],
  };
}
