import { openSqliteCatalog } from '../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import type { OpenSubject } from './contract/subject.ts';
import { catalogContract } from './contract.ts';
import { outboxContract } from './outbox-contract.ts';

const open: OpenSubject = (t) => {
  const folder = temporaryFolder(t);
  const another = (role: 'daemon' | 'command') => {
    const catalog = openSqliteCatalog(folder, { role, warn: () => {} });
    t.after(() => catalog.close());
    return catalog;
  };
  return { catalog: another('daemon'), another };
};

catalogContract('SQLite', open);
outboxContract('SQLite', open);
