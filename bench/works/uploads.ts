import type { Target } from './interleaved.ts';

const CLIENTS = 16;

/** Creates uploads without bytes; returns their URLs. */
export async function createEmpty(
  { server, client }: Pick<Target, 'server' | 'client'>,
  count: number,
  length: number,
): Promise<readonly string[]> {
  const clients = CLIENTS;
  const job = { kind: 'create', url: server.url, count, clients, length, withBody: false } as const;
  return (await client.run(job)).urls;
}

/** Creates finished uploads; returns their URLs. */
export async function createFinished(
  target: Pick<Target, 'server' | 'client'>,
  count: number,
  length: number,
): Promise<readonly string[]> {
  const urls = await createEmpty(target, count, length);
  await target.client.run({ kind: 'append', urls, length, chunk: length });
  return urls;
}

export async function removeAll(
  { client }: Pick<Target, 'client'>,
  urls: readonly string[],
): Promise<void> {
  await client.run({ kind: 'delete', urls, clients: CLIENTS });
}
