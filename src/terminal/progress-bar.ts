export interface Progress {
  /** Bytes. */
  readonly received: number;
  /** Bytes; null while the length is unknown. */
  readonly length: number | null;
}

export interface ProgressBarOptions {
  /** Default 15. */
  readonly cells?: number;
  /** false uses only ASCII (default true). */
  readonly unicode?: boolean;
}

const UNICODE = { full: '█', empty: '░', unknown: '·' };
const ASCII = { full: '#', empty: '-', unknown: '.' };

/**
 * A bar of fixed width. It is full only when every byte has arrived; an unknown length is shown as
 * a row of dots.
 */
export function progressBar(
  progress: Progress,
  { cells = 15, unicode = true }: ProgressBarOptions = {},
): string {
  const marks = unicode ? UNICODE : ASCII;
  const share = shareOf(progress);
  if (share === null) return marks.unknown.repeat(cells);
  const full = Math.floor(share * cells);
  return marks.full.repeat(full) + marks.empty.repeat(cells - full);
}

/** "43 %", rounded down: 100 % means every byte. Empty while the length is unknown. */
export function formatPercent(progress: Progress): string {
  const share = shareOf(progress);
  return share === null ? '' : `${Math.floor(share * 100)} %`;
}

/** From 0 to 1, even if record and file disagree. An empty upload is complete. */
function shareOf({ received, length }: Progress): number | null {
  if (length === null) return null;
  if (received >= length) return 1;
  return Math.max(received / length, 0);
}
