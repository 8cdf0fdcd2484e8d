/** @typedef {import('../bundle.mjs').Change & { name: string, world: string }} Mutant */

export const ENGINE = 'src/storage/uploads/';
export const S3 = 'src/storage/bytes/s3/';
export const SIMULATED = 'test/simulation/';

/** @type {(name: string, file: string, find: string, put?: string) => Mutant} */
export const mutant = (name, file, find, put = '') => ({ name, file, find, put, world: 'local' });

/** @type {(world: string, name: string, file: string, find: string, put?: string) => Mutant} */
export const inWorld = (world, name, file, find, put = '') => ({ name, file, find, put, world });
