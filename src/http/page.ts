import type { Exchange } from '../protocol/exchange.ts';
import { LANDING_METHODS } from './method.ts';
import type { OpenExchange } from './open-exchange.ts';

/** A short answer that is about the server, and not about an upload. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The page that a GET or HEAD asks for. */
export function pageFor<T>(
  pages: Readonly<Record<string, T>>,
  { method, path }: OpenExchange,
): T | undefined {
  return LANDING_METHODS.includes(method) && Object.hasOwn(pages, path) ? pages[path] : undefined;
}

export function answerPage(
  { method, response }: Pick<Exchange, 'method' | 'response'>,
  { status, contentType, body }: Page,
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  response.end(method === 'HEAD' ? undefined : body);
}
