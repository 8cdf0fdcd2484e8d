import { isUtf8Locale, toAscii, withoutSymbols } from '../../terminal/symbols.ts';
import type { Host, Output } from '../process/io.ts';

/**
 * An output for text that a person reads: replaces block characters and ellipses if the locale is
 * not UTF-8. JSON and paths bypass it, since they must not change.
 */
export function textOutput({ env }: Pick<Host, 'env'>, output: Output): Output {
  if (isUtf8Locale(env)) return output;
  const plain = output.isTTY ? toAscii : withoutSymbols;
  return { ...output, write: (text) => output.write(plain(text)) };
}

/** Whether the cursor can be moved: the output is a terminal, and not a dumb one. */
export function canMove({ env }: Pick<Host, 'env'>, { isTTY }: Output): boolean {
  return isTTY && env.TERM !== 'dumb';
}
