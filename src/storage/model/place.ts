/** The upload directory, and the place of all bytes, of a daemon that stores uploads in memory. */
export const MEMORY = ':memory:';

/** Whether a place is in memory, and so is not a path. */
export function isInMemory(place: string): boolean {
  return place === MEMORY || place.startsWith(`${MEMORY}/`);
}

/** The bucket and the key of a place such as "s3://bucket/key"; null for every other place. */
export function objectAt(place: string): { readonly bucket: string; readonly key: string } | null {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(place) ?? [];
  return bucket === undefined || key === undefined ? null : { bucket, key };
}
