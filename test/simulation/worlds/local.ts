import { Journal } from '../catalog/journal.ts';
import { SimulatedCatalog } from '../catalog/simulated-catalog.ts';
import { SimulatedBytes } from '../disk/simulated-bytes.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import { Effects } from '../effects.ts';
import type { OpenWorld } from './world.ts';

/** One machine with a disk: plain files and a catalog in a file. */
export const localWorld: OpenWorld = (scheduler) => {
  const disk = new SimulatedDisk();
  const journal = new Journal();
  let boots = 0;
  return {
    journal,
    trouble: disk.trouble,
    daemons: 1,
    sticky: false,
    isLocal: true,
    changes: () => disk.changes + journal.changes,
    open(process, role, random) {
      const effects = new Effects(scheduler, process, random);
      return {
        catalog: new SimulatedCatalog(journal, effects, process.name, role),
        bytes: new SimulatedBytes(disk, effects),
        boot: `boot ${boots}`,
      };
    },
    cut(random) {
      boots += 1;
      disk.cut(random);
      journal.cut(random);
    },
    contentOf: (id) => disk.files.get(id)?.data,
    names: () => disk.files.keys(),
  };
};
