import { join } from 'node:path';

/** The path of an upload directory's catalog. */
export function catalogFile(uploadDir: string): string {
  return join(uploadDir, 'catalog.db');
}
