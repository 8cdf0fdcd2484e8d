import { principalNameProblem } from '../../text/principal-name.ts';
import type { Reading } from '../values/reading.ts';

export function readPrincipalName(input: string): Reading<string> {
  const problem = principalNameProblem(input);
  return problem === null ? { value: input } : { problem };
}
