// Puts tests together that can share a process: to start one and to load what is tested takes longer than
// most files of tests do. Those that start programs, or measure their process, keep one of their own.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Folders whose tests share a process; each line is one. */
const TOGETHER = [
  ['access'],
  ['admin'],
  ['cli'],
  ['config', 'text', 'terminal', 'bench', 'docs'],
  ['deliver', 'moving', 'transfer'],
  ['hooks'],
  ['http', 'protocol'],
  ['limits', 'retention', 'tus-server'],
  ['storage'],
];
/** What a file has that others in its process would feel: something for the time of the whole file. */
const OF_ITS_OWN = /^(?:const \w+ = )?(?:before|after|beforeEach|afterEach|beforeTests|shared)\(/m;
/** They take long, beside which a process more counts little, and mostly wait. */
const STARTS_PROGRAMS = /\b(?:spawn|startDaemon|startGuarded|runCommand|transferPlace)\(/;
/** These have one server for all. */
const ON_POSTGRES = /^const postgres = sharedPostgres\(/m;
/** So have these, with three daemons. */
const ON_A_CLUSTER = /^const uploads = clusterUploads\(\{/m;
/** The disk that fails must be there before what stands on it is loaded. */
const ON_A_FAULTY_DISK = /'[./]+(?:\/support)?\/(?:faulty-disk|pump)\.ts'/;
/** Parts of names of files that measure the memory of their process, or take long. */
const ALONE = ['memory.test', 'lost-answers.test', 'splits.test', 'odd.property.test'];

/**
 * Returns what to run for `files`, relative to `root`: them, or files in `folder` that load several of them.
 *
 * @param {string[]} files
 * @param {{ root: string, folder: string }} where
 * @returns {string[]} absolute paths of compiled files, in the order in which they should begin
 */
export function inGroups(files, { root, folder }) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const file of files) {
    const name = groupOf(file, readFileSync(join(root, file), 'utf8'));
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  const place = mkdtempSync(join(folder, 'groups-'));
  // Those of several files take longest.
  const ordered = [...groups].sort(([, a], [, b]) => Number(b.length > 1) - Number(a.length > 1));
  return ordered.map(([name, members]) => {
    const compiled = members.map((file) => join(folder, file.replace(/\.ts$/, '.js')));
    const [only] = compiled;
    if (compiled.length === 1 && only) return only;
    const all = join(place, `${name}.test.js`);
    writeFileSync(all, compiled.map((file) => `import ${JSON.stringify(file)};\n`).join(''));
    return all;
  });
}

/**
 * @param {string} file
 * @param {string} text
 */
function groupOf(file, text) {
  if (ON_A_CLUSTER.test(text)) return 'cluster';
  const [, folder = ''] = file.split(sep);
  const group = TOGETHER.find((folders) => folders.includes(folder));
  if (!group || OF_ITS_OWN.test(text) || ALONE.some((part) => file.includes(part))) return file;
  if (ON_POSTGRES.test(text)) return 'postgres';
  if (STARTS_PROGRAMS.test(text)) return file;
  return ON_A_FAULTY_DISK.test(text) ? 'faulty-disk' : group.join('-');
}
