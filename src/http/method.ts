import { type IncomingMessage, METHODS } from 'node:http';

/** The methods that are answered, by what they are about. */
export interface Methods {
  /** The base path itself. */
  readonly collection: readonly string[];
  /** Everything behind it. */
  readonly item: readonly string[];
}

/** tus 1.0.0: X-HTTP-Method-Override is the method, whatever the actual one is. */
export function methodOf(request: IncomingMessage): string {
  const actual = request.method ?? '';
  // A tunnel is none, whatever else the request says.
  if (actual === 'CONNECT') return actual;
  const override = request.headers['x-http-method-override'];
  const method = ((typeof override === 'string' ? override.trim() : '') || actual).toUpperCase();
  return METHODS.includes(method) ? method : 'INVALID';
}

/** The methods for a target; all of them where there is none under the base path. */
export function methodsFor(methods: Methods, inBase: boolean, id: string | null): string[] {
  if (inBase) return [...(id === null ? methods.collection : methods.item)];
  return [...new Set([...methods.collection, ...methods.item])];
}
