import type { Links } from '../links.ts';
import type { Work } from './work.ts';

/** See Links. */
export function createLinks({
  tables,
  transactions,
}: Pick<Work, 'tables' | 'transactions'>): Links {
  const { links } = tables;
  return {
    createLink: async (link) => transactions.write(() => links.insert(link)),
    link: async (id) => transactions.read(() => links.get(id)),
    links: async () => transactions.read(() => links.all()),
    revokeLink: async (id, at) => transactions.write(() => links.revoke(id, at)),
  };
}
