import { randomUUID } from 'node:crypto';

/**
 * Ids name files and stand in URLs, so the alphabet is what is safe in both, without a leading dot
 * or dash (hidden files; options of a shell command). 128 characters fit every file system.
 */
const UPLOAD_ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}

/** 122 random bits: an id is a capability, since whoever knows it may read and write the upload. */
export function newUploadId(): string {
  return randomUUID().replaceAll('-', '');
}
