import type { Row } from './row.ts';
import { coreRows } from './rows/core.ts';
import { creationRows, creationWithUploadRows } from './rows/creation.ts';
import {
  checksumRows,
  concatenationRows,
  expirationRows,
  judgedRows,
  terminationRows,
} from './rows/extensions.ts';

/** Every row of the suite, in the order of the report. */
export const ROWS: Row[] = [
  ...coreRows,
  ...creationRows,
  ...creationWithUploadRows,
  ...expirationRows,
  ...checksumRows,
  ...terminationRows,
  ...concatenationRows,
  ...judgedRows,
];
