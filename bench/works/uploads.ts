import type { Target } from './target.ts';

const CLIENTS = 16;

/** Creates uploads without bytes; returns their URLs. */
export async function createEmpty(
  { server, client, left }: Target,
  count: number,
  length: number,
): Promise<readonly string[]> {
  const clients = CLIENTS;
  const job = { kind: 'create', url: server.url, count, clients, length, withBody: false } as const;
  const { urls } = await client.run(job);
  for (const url of urls) left.add(url);
  return urls;
}

/** Creates finished uploads; returns their URLs. */
export async function createFinished(
  target: Target,
  count: number,
  length: number,
): Promise<readonly string[]> {
  const urls = await createEmpty(target, count, length);
  await target.client.run({ kind: 'append', urls, length, chunk: length });
  return urls;
}

export async function removeAll({ client, left }: Target, urls: readonly string[]): Promise<void> {
  if (urls.length === 0) return;
  await client.run({ kind: 'delete', urls, clients: CLIENTS });
  for (const url of urls) left.delete(url);
}
