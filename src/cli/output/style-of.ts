import { createStyle, type Style, wantsColor } from '../../terminal/style.ts';
import type { Io, Output } from '../process/io.ts';

/** The style for stdout, or for another stream. */
export function styleOf(io: Pick<Io, 'env' | 'stdout'>, output: Output = io.stdout): Style {
  return createStyle({ color: wantsColor({ isTTY: output.isTTY, env: io.env }) });
}
