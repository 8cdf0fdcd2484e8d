import type { Host } from './io.ts';
import { processInput } from './process-input.ts';

/**
 * Reads a secret: unseen from a terminal, or the first line of standard input. null when there is none.
 */
export async function readSecret(
  { input = processInput() }: Pick<Host, 'input'>,
  question: string,
): Promise<string | null> {
  if (input.isTTY) return input.askSecret(question);
  for await (const line of input.lines) return line;
  return null;
}

/** The same for a new secret: on a terminal it is asked for twice. undefined: the two differ. */
export async function readNewSecret(
  { input = processInput() }: Pick<Host, 'input'>,
  question: string,
): Promise<string | null | undefined> {
  const first = await readSecret({ input }, question);
  if (!input.isTTY || first === null) return first;
  return (await input.askSecret('The same again: ')) === first ? first : undefined;
}
