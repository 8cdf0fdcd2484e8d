import { BYTES_AND_RECORDS } from './mutants/bytes-and-records.mjs';
import { COORDINATION } from './mutants/coordination.mjs';
import { SHARED } from './mutants/shared.mjs';

/**
 * Mistakes that the simulator must find: each is one change in the text of one source.
 *
 * @type {readonly import('./mutants/mutant.mjs').Mutant[]}
 */
export const MUTANTS = [...BYTES_AND_RECORDS, ...COORDINATION, ...SHARED];
