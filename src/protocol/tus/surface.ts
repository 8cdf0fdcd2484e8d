/** What the front door needs to know of tus 1.0.0, so that it names none of it itself. */

/** Stands in every answer, also in those of requests that never got to the protocol. */
export const TUS_ANSWER_HEADERS = { 'Tus-Resumable': '1.0.0' };

/** What a page sends and reads; without these a browser hides the whole protocol. */
export const TUS_CORS_HEADERS = {
  sent: [
    'Tus-Resumable',
    'Upload-Checksum',
    'Upload-Concat',
    'Upload-Defer-Length',
    'Upload-Length',
    'Upload-Metadata',
    'Upload-Offset',
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

/** The methods that are answered for the creation URL and for an upload's. */
export function tusMethods(offered: { download: boolean; termination: boolean }) {
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
