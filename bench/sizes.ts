/** How much of everything a work does. Bytes unless the name says otherwise. */
export interface Sizes {
  readonly oneStream: number;
  /** Each of four. */
  readonly fourStreams: number;
  /** Each of four, in PATCHes of `chunk`. */
  readonly chunks: number;
  readonly chunk: number;
  /** Each of eight, in PATCHes of `largeChunk`. */
  readonly largeChunks: number;
  readonly largeChunk: number;
  /** Each of a thousand that are uploaded at once. */
  readonly crowd: number;
  readonly crowdUploads: number;
  readonly smallUpload: number;
  readonly smallUploads: number;
  readonly headUploads: number;
  readonly heads: number;
  readonly download: number;
  /** Each of sixteen different files: together they must fit into the page cache of all subjects. */
  readonly downloadDifferent: number;
  /** How many uploads of three sizes are mixed; the small ones are `smallUpload`. */
  readonly mixUploads: number;
  readonly mixMedium: number;
  readonly mixLarge: number;
  /** What each of sixteen clients sends at a steady rate, and the one beside them at full speed. */
  readonly steady: number;
  readonly besideSteady: number;
  readonly pausedUploads: number;
  /** The upload that runs beside the paused ones. */
  readonly besidePaused: number;
  readonly huge: number;
  /** Rows of the catalogs that are compared. */
  readonly catalogRows: readonly number[];
}

const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

export const FULL: Sizes = {
  oneStream: GIB,
  fourStreams: 256 * MIB,
  chunks: 256 * MIB,
  chunk: 5 * MIB,
  largeChunks: 100 * MIB,
  largeChunk: 50 * MIB,
  crowd: MIB,
  crowdUploads: 1000,
  smallUpload: 10 * KIB,
  smallUploads: 3000,
  headUploads: 500,
  heads: 10_000,
  download: 256 * MIB,
  downloadDifferent: 64 * MIB,
  mixUploads: 100,
  mixMedium: 5 * MIB,
  mixLarge: 500 * MIB,
  steady: 16 * MIB,
  besideSteady: 512 * MIB,
  pausedUploads: 2000,
  besidePaused: 512 * MIB,
  huge: 20 * GIB,
  catalogRows: [1000, 200_000, 1_000_000],
};

export const QUICK: Sizes = {
  oneStream: 128 * MIB,
  fourStreams: 48 * MIB,
  chunks: 40 * MIB,
  chunk: 5 * MIB,
  largeChunks: 20 * MIB,
  largeChunk: 10 * MIB,
  crowd: 128 * KIB,
  crowdUploads: 100,
  smallUpload: 10 * KIB,
  smallUploads: 600,
  headUploads: 100,
  heads: 2500,
  download: 16 * MIB,
  downloadDifferent: 12 * MIB,
  mixUploads: 20,
  mixMedium: MIB,
  mixLarge: 20 * MIB,
  steady: 4 * MIB,
  besideSteady: 64 * MIB,
  pausedUploads: 200,
  besidePaused: 64 * MIB,
  huge: GIB,
  catalogRows: [1000, 20_000],
};
