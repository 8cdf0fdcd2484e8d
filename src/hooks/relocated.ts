import { storageAt } from './payload.ts';

/** A recorded payload whose upload is now at another place. What is no payload stays as it is. */
export function relocated(payload: string, place: string): string {
  let parsed: { Event?: { Upload?: { Storage?: unknown } } };
  try {
    parsed = JSON.parse(payload);
  } catch {
    return payload;
  }
  const upload = parsed?.Event?.Upload;
  if (!upload?.Storage) return payload;
  upload.Storage = storageAt(place);
  return JSON.stringify(parsed);
}
