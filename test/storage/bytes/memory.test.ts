import { MemoryBytes } from '../../../src/storage/bytes/memory/memory-bytes.ts';
import { bytesContract } from './contract.ts';

bytesContract('memory', () => new MemoryBytes());
