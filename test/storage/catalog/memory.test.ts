import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { catalogContract } from './contract.ts';
import { outboxContract } from './outbox-contract.ts';

const open = () => ({ catalog: createMemoryCatalog() });

catalogContract('memory', open, 'one');
outboxContract('memory', open, 'one');
