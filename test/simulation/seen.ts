import type { World } from './worlds/world.ts';

/**
 * Keeps what everybody sees of an upload now; the function says it when it is needed. After a power cut
 * there is a second answer: bytes beyond the record do not count once a daemon has looked.
 */
export function seenOf(world: World, id: string, powerWasCut: boolean): () => readonly string[] {
  const record = world.journal.records.rows.get(id)?.record;
  const size = world.contentOf(id)?.length;
  return () => {
    if (!record || size === undefined) return [];
    const told = (most: number) => {
      const offset = Math.min(most, record.uncommittedFrom ?? most);
      return `${record.state}, ${offset} of ${record.length}`;
    };
    return powerWasCut ? [told(size), told(Math.min(size, record.offset))] : [told(size)];
  };
}
