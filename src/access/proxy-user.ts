import { headerLines } from '../text/header-lines.ts';
import { principalNameProblem } from '../text/principal-name.ts';
import type { AccessRequest } from './access-request.ts';
import type { Identified } from './identity.ts';

/**
 * The user that a trusted proxy names in a header. From anybody else the header means nothing.
 * undefined when there is none.
 */
export function proxyUser(
  { request, client }: AccessRequest,
  header: string,
): Identified | undefined {
  if (!client.trusted) return undefined;
  const values = headerLines(request.rawHeaders, header).filter((value) => value.trim() !== '');
  if (values.length === 0) return undefined;
  // Which one the proxy has set is not known.
  if (values.length > 1) return { wrong: `the header ${header} stands more than once` };
  // Node reads header values as Latin-1; proxies send UTF-8.
  const bytes = Buffer.from(values[0]!.trim(), 'latin1');
  const text = bytes.toString('utf8');
  const name = text.includes('\ufffd') ? values[0]!.trim() : text;
  const problem = principalNameProblem(name);
  if (problem !== null) return { wrong: `the proxy names no user: ${problem}`, claimed: name };
  return { name, ambient: true };
}
