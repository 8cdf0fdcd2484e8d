import { randomUUID } from 'node:crypto';

/**
 * Ids are file names and parts of URLs. The alphabet is safe in both; a leading dot or dash is not
 * allowed (hidden files; options of a shell command). 128 characters fit every file system.
 */
const UPLOAD_ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}

/** 122 random bits: an id is a capability. A client that knows it may read and write the upload. */
export function newUploadId(): string {
  return randomUUID().replaceAll('-', '');
}
