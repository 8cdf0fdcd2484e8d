import { Fault } from '../../fault.ts';
import { isUploadId } from '../../storage/model/upload-id.ts';

export type Concat =
  | { readonly kind: 'single' }
  | { readonly kind: 'partial' }
  | { readonly kind: 'final'; readonly parts: readonly string[] };

/** Where a part's URL may point to be ours. */
export interface OwnUrls {
  readonly basePath: string;
  readonly publicUrl: string | null;
  readonly ownHosts: () => readonly string[];
}

/** Parses Upload-Concat (tus 1.0.0, concatenation). Throws BAD_REQUEST for what is not ours. */
export function parseConcat(text: string | undefined, own: OwnUrls): Concat {
  if (text === undefined) return { kind: 'single' };
  if (text === 'partial') return { kind: 'partial' };
  if (!text.startsWith('final;')) {
    throw new Fault(
      'BAD_REQUEST',
      'upload-concat must be "partial" or "final;" and a list of URLs',
    );
  }
  const urls = text.slice('final;'.length).split(' ');
  return { kind: 'final', parts: urls.map((url) => partId(url, own)) };
}

/** Absolute, path-absolute, or relative to the creation URL. */
function partId(url: string, own: OwnUrls): string {
  const id = idBehind(url, own);
  if (id === undefined || !isUploadId(id)) {
    throw new Fault(
      'BAD_REQUEST',
      'upload-concat names a URL that is not an upload of this server',
    );
  }
  return id;
}

function idBehind(url: string, { basePath, publicUrl, ownHosts }: OwnUrls): string | undefined {
  const publicPath = publicUrl === null ? basePath : new URL(publicUrl).pathname;
  const absolute = /^https?:\/\/([^/?#]+)(\/.*)$/i.exec(url);
  if (absolute && !ownHosts().includes(absolute[1]!.toLowerCase())) return undefined;
  const path = absolute ? absolute[2]! : url;
  if (!path.startsWith('/')) return path;
  // Not normalised on purpose: a path with ".." or "%2e" in it is none that we gave out.
  for (const prefix of [basePath, publicPath]) {
    if (path.startsWith(prefix)) return path.slice(prefix.length);
  }
  return undefined;
}
