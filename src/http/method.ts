import { METHODS as ALL_METHODS, type IncomingMessage } from 'node:http';
import type { Methods } from '../protocol/protocol.ts';

/** The methods by which "/" and the base path tell what this server is (see landing.ts). */
export const LANDING_METHODS: readonly string[] = ['GET', 'HEAD'];

const METHODS = new Set(ALL_METHODS);

/**
 * The method of a request: the value of the override header if present, otherwise the actual
 * method.
 */
export function methodOf(request: IncomingMessage, header: string | null): string {
  const actual = request.method ?? '';
  // CONNECT cannot be overridden.
  if (actual === 'CONNECT') return actual;
  const override = header === null ? undefined : request.headers[header];
  const method = ((typeof override === 'string' ? override.trim() : '') || actual).toUpperCase();
  return METHODS.has(method) ? method : 'INVALID';
}

/** The methods allowed for a target; all of them when it is outside the base path. */
export function methodsFor(
  methods: Methods,
  inBase: boolean,
  id: string | null,
): readonly string[] {
  if (inBase && id === null) return withLanding(methods.collection);
  if (inBase) return methods.item;
  return [...new Set([...methods.collection, ...methods.item])];
}

/** The base path itself also answers those who ask what this server is. */
function withLanding(methods: readonly string[]): string[] {
  return [...new Set([...methods, ...LANDING_METHODS])];
}
