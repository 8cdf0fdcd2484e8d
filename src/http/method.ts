import { type IncomingMessage, METHODS } from 'node:http';
import type { Methods } from '../protocol/protocol.ts';

/** The method of a request: the value of this header where there is one, or else the actual one. */
export function methodOf(request: IncomingMessage, header: string | null): string {
  const actual = request.method ?? '';
  // A tunnel is none, whatever else the request says.
  if (actual === 'CONNECT') return actual;
  const override = header === null ? undefined : request.headers[header];
  const method = ((typeof override === 'string' ? override.trim() : '') || actual).toUpperCase();
  return METHODS.includes(method) ? method : 'INVALID';
}

/** The methods for a target; all of them where there is none under the base path. */
export function methodsFor(methods: Methods, inBase: boolean, id: string | null): string[] {
  if (inBase) return [...(id === null ? methods.collection : methods.item)];
  return [...new Set([...methods.collection, ...methods.item])];
}
