import { join } from 'node:path';

/** Where an upload directory keeps its catalog. */
export function catalogFile(uploadDir: string): string {
  return join(uploadDir, 'catalog.db');
}
