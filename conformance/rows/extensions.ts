import { rowsOf } from '../row.ts';

export const expirationRows = rowsOf('expiration', [
  ['EX01', 'MAY', 'only unfinished uploads expire: a finished one stays'],
  ['EX02', 'MUST', 'expiration is advertised if, and only if, uploads expire'],
  ['EX03', 'MAY', 'an unfinished upload is removed after its time'],
  ['EX04', 'SHOULD', 'a client that resumes an expired upload unasked gets 404 or 410'],
  ['EX05', 'MUST', 'every answer to PATCH has Upload-Expires while the upload will expire'],
  ['EX06', 'MUST', 'the answer to the creation has Upload-Expires if the time is known'],
  ['EX07', 'MAY', 'Upload-Expires may change over time, but not to an earlier time'],
  ['EX08', 'SHOULD', 'HEAD of an expired upload is 404 or 410'],
  ['EX09', 'SHOULD', 'an expired upload that the server remembers is 410'],
  ['EX10', 'SHOULD', 'a client whose upload has expired can start another'],
  ['EX11', 'MUST', 'Upload-Expires is an HTTP date (IMF-fixdate, GMT)'],
]);

export const checksumRows = rowsOf('checksum', [
  ['CK01', 'MAY/MUST', 'a server that verifies checksums advertises checksum'],
  ['CK02', 'MAY', 'Upload-Checksum is taken with PATCH, and with creation-with-upload too'],
  ['CK03', 'MUST', 'each advertised algorithm is verified over the whole body'],
  ['CK04', 'MAY', 'an algorithm that the server lacks is answered with 400'],
  ['CK05', 'MAY', 'a checksum that does not match is answered with 460 Checksum Mismatch'],
  ['CK06', 'MAY', 'a checksum that matches is answered with 204'],
  ['CK07', 'MUST', 'the bytes of a refused checksum are discarded'],
  [
    'CK08',
    'MUST NOT',
    'bytes whose checksum was refused, or never verified, do not move the offset',
  ],
  ['CK09', 'MUST', 'sha1 is among the algorithms'],
  ['CK10', 'MUST', 'names of algorithms are ASCII without upper case'],
  ['CK11', 'MUST', 'OPTIONS has Tus-Checksum-Algorithm'],
  ['CK12', 'MAY', 'Upload-Checksum may come as a trailer'],
  ['CK13', 'MUST', 'a server that reads that trailer advertises checksum-trailer'],
  ['CK14', 'MUST', 'Tus-Checksum-Algorithm is a comma-separated list'],
  ['CK15', 'MUST', 'an Upload-Checksum that is not "algorithm space Base64" is refused'],
]);

export const terminationRows = rowsOf('termination', [
  ['TE01', 'MUST', 'a server that terminates uploads advertises termination'],
  ['TE02', 'SHOULD', 'termination frees what the upload held, and ends a PATCH that is running'],
  ['TE03', 'MUST', 'termination of an upload, finished or not, is answered with 204'],
  ['TE04', 'SHOULD', 'a terminated upload is 404 or 410 for HEAD, PATCH and DELETE'],
]);

export const concatenationRows = rowsOf('concatenation', [
  ['CC01', 'MUST', 'a server that concatenates advertises concatenation'],
  [
    'CC02',
    'SHOULD NOT',
    'partial uploads are not processed before they are joined',
    'what a server does with a partial upload (hooks, listings) is not seen over tus',
  ],
  ['CC03', 'MUST', 'the length of a final upload is the sum of its parts'],
  ['CC04', 'MUST', 'a creation without a length and without Upload-Concat is refused'],
  ['CC05', 'MUST', 'a final Upload-Concat without a list is refused'],
  ['CC06', 'MUST', 'parts are joined in the order of the list'],
  ['CC07', 'SHOULD', 'a final upload of unfinished parts is refused, or waits for them'],
  ['CC08', 'MUST NOT', 'a final upload with an Upload-Length is refused'],
  ['CC09', 'MAY', 'a final upload made before its parts are finished completes with them'],
  ['CC10', 'MUST', 'a server that takes unfinished parts advertises concatenation-unfinished'],
  ['CC11', 'MUST NOT', 'the metadata of parts does not become that of the final upload'],
  ['CC12', 'SHOULD', 'the metadata of a final upload is what its creation said'],
  [
    'CC13',
    'MAY',
    'parts are kept or removed after joining, and HEAD is right about them either way',
  ],
  ['CC14', 'MAY', 'parts that were joined can be joined again, or are cleanly refused'],
  ['CC15', 'MAY', 'a part may stand in a list twice'],
  ['CC16', 'MUST', 'PATCH of a final upload is answered with 403'],
  ['CC17', 'MUST NOT', 'PATCH of a final upload changes neither it nor its parts'],
  ['CC18', 'SHOULD NOT', 'HEAD of a final upload has no Upload-Offset until it is joined'],
  ['CC19', 'MUST', 'HEAD of a joined upload has Upload-Offset and Upload-Length'],
  ['CC20', 'MUST', 'Upload-Offset and Upload-Length of a joined upload are equal'],
  ['CC21', 'MUST', 'HEAD of a partial upload has Upload-Offset'],
  ['CC22', 'MUST', 'HEAD of a final upload has Upload-Length if it can be computed'],
  ['CC23', 'MUST', 'HEAD of partial and final uploads has Upload-Concat as it was received'],
  ['CC24', 'MUST', 'the answers to the creation of partial and final uploads have Upload-Concat'],
  ['CC25', 'MUST', 'a partial upload is requested by exactly "partial"'],
  ['CC26', 'MUST', 'a final upload is requested by "final;" and a list of its parts'],
  [
    'CC27',
    'MAY',
    'parts are named by absolute or relative URLs, whatever host a proxy has made of ours',
  ],
  ['CC28', 'MUST NOT', 'a URL with a space in it is not taken for a part'],
]);

export const judgedRows = rowsOf('beyond the text', [
  ['X1', 'JUDGED', 'a body longer than the upload is refused, and nothing is written past the end'],
  ['X2', 'JUDGED', 'of two PATCHes at one offset exactly one wins'],
  ['X3', 'JUDGED', 'HEAD during a stalled PATCH answers within two seconds with a correct offset'],
  ['X4', 'JUDGED', 'after a crash the offset is that of the bytes that are there'],
  ['X5', 'JUDGED', 'Expect: 100-continue is answered with 100 only if the PATCH would be accepted'],
  ['X6', 'JUDGED', 'the status of a rejected body is seen, and the connection goes on or closes'],
  ['X7', 'JUDGED', 'browsers of another origin may send and read the headers that they need'],
  ['X8', 'JUDGED', 'forwarded headers of a client that is not trusted are ignored'],
  ['X9', 'JUDGED', 'no id reaches another file than its own'],
  ['X10', 'JUDGED', 'a request without Tus-Resumable is answered with 412 or served, and no worse'],
  [
    'X11',
    'JUDGED',
    'a full disk is an error that says so, with the right offset afterwards',
    "needs a server on a disk that the test can fill, which a client's side cannot arrange",
  ],
  ['X12', 'JUDGED', 'HEAD has no Content-Length of the upload, which confuses some proxies'],
]);
