import { countingContract } from './contract/counting.ts';
import { downloadsContract } from './contract/downloads.ts';
import { joiningContract } from './contract/joining.ts';
import { linksContract } from './contract/links.ts';
import { placingContract } from './contract/placing.ts';
import { processesContract } from './contract/processes.ts';
import { readingContract } from './contract/reading.ts';
import { removingContract } from './contract/removing.ts';
import { contractOf, type OpenSubject, type Processes } from './contract/subject.ts';
import { timelineContract } from './contract/timeline.ts';
import { writingContract } from './contract/writing.ts';

/** Declares a test for everything that src/storage/catalog/catalog.ts promises. */
export function catalogContract(
  name: string,
  open: OpenSubject,
  processes: Processes = 'many',
): void {
  const contract = contractOf(name, open, processes);
  writingContract(contract);
  joiningContract(contract);
  removingContract(contract);
  placingContract(contract);
  processesContract(contract);
  readingContract(contract);
  countingContract(contract);
  downloadsContract(contract);
  timelineContract(contract);
  linksContract(contract);
}
