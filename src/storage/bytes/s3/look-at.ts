import { Fault } from '../../../fault.ts';
import type { Calls } from './calls/calls.ts';
import type { Layout } from './layout/layout.ts';

/**
 * Compares the objects of an upload with its layout, without reading them. Returns a clause that says what
 * differs, or null. Throws GONE when an object, or the multipart upload, is missing.
 */
export async function lookAt(calls: Calls, layout: Layout, folder: string): Promise<string | null> {
  const { state, file, id, numbers, tails, length, etag, partSize } = layout;
  const differs = async (name: string, size: number, wanted: string | null) => {
    const info = await calls.head(folder + name);
    if (!info) throw new Fault('GONE', `the object ${name} is missing`);
    if (info.size !== size) return `${name} has ${info.size} bytes, recorded were ${size}`;
    // Some servers answer without one.
    if (wanted === null || wanted === '' || info.etag === '' || info.etag === wanted) return null;
    return `the ETag of ${name} is ${info.etag}, recorded was ${wanted}`;
  };
  if (state === 'sealed') return differs(file!, length, etag);
  if (numbers.count > 0 && state === 'open') {
    if (!(await calls.hasMultipart(folder + file!, id!))) {
      throw new Fault('GONE', 'the multipart upload is missing');
    }
    const parts = await calls.listParts(folder + file!, id!);
    const sizes = new Map(parts.map(({ number, size }) => [number, size]));
    for (const number of numbers) {
      const size = sizes.get(number);
      if (size === undefined) throw new Fault('GONE', `part ${number} is missing`);
      if (size !== partSize) return `part ${number} has ${size} bytes, recorded were ${partSize}`;
    }
  }
  for (const { name, size } of tails) {
    const why = await differs(name, size, null);
    if (why !== null) return why;
  }
  return null;
}
