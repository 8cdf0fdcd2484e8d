import type { Caller } from '../../../src/storage/model/upload.ts';

/** Who asks for changes in tests. */
export const CALLER: Caller = {
  origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: 'test' },
  request: null,
};
