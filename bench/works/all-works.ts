import { catalog } from './catalog.ts';
import { fair } from './fair.ts';
import { getDifferent16, getSame2, getSame16 } from './get.ts';
import { head } from './head.ts';
import { hooksCommands, hooksLarge, hooksSmall } from './hooks.ts';
import { huge } from './huge.ts';
import { mix } from './mix.ts';
import { paused } from './paused.ts';
import { put } from './put.ts';
import { smallCreate } from './small-create.ts';
import { checksums, chunks, crowd, fourStreams, largeChunks, oneStream } from './streams.ts';
import { tokensHead, tokensLarge, tokensSmall } from './tokens.ts';
import type { Work } from './work.ts';

/** In the order of the tables. */
export const WORKS: readonly Work[] = [
  oneStream,
  fourStreams,
  chunks,
  largeChunks,
  checksums,
  smallCreate,
  head,
  getSame2,
  getSame16,
  getDifferent16,
  mix,
  fair,
  crowd,
  hooksSmall,
  hooksLarge,
  hooksCommands,
  tokensHead,
  tokensSmall,
  tokensLarge,
  put,
  paused,
  huge,
  catalog,
];
