import type { Reading } from './reading.ts';

const SEGMENT = /^[A-Za-z0-9._~-]+$/;

/**
 * Reads the base path of uploads, and gives it a leading and a trailing slash. Only characters that
 * are equivalent raw and percent-encoded are allowed, so that routing can compare text and no
 * encoded path can bypass it.
 */
export function readBasePath(input: string): Reading<string> {
  if (/[?#]/.test(input)) return { problem: 'it must be a path without a query or a fragment' };
  const inner = input.replace(/^\//, '').replace(/\/$/, '');
  if (inner === '') {
    return input === '/' ? { value: '/' } : { problem: 'it must be a path such as "/uploads/"' };
  }
  if (inner.length > 200) return { problem: 'it must have at most 200 characters' };
  const segments = inner.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return { problem: 'it must not contain "." or ".." as a part' };
  }
  if (!segments.every((segment) => SEGMENT.test(segment))) {
    return {
      problem: 'its parts may only have letters, digits and . _ ~ - with one slash between them',
    };
  }
  return { value: `/${inner}/` };
}
