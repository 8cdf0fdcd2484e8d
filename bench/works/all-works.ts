import { catalog } from './catalog.ts';
import { getDifferent16, getSame2, getSame16 } from './get.ts';
import { head } from './head.ts';
import { hooksLarge, hooksSmall } from './hooks.ts';
import { huge } from './huge.ts';
import { paused } from './paused.ts';
import { smallCreate } from './small-create.ts';
import { chunks, fourStreams, oneStream } from './streams.ts';
import type { Work } from './work.ts';

/** In the order of the tables. */
export const WORKS: readonly Work[] = [
  oneStream,
  fourStreams,
  chunks,
  smallCreate,
  head,
  getSame2,
  getSame16,
  getDifferent16,
  hooksSmall,
  hooksLarge,
  paused,
  huge,
  catalog,
];
