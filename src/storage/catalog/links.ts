import type { UploadLink } from '../model/link.ts';

/**
 * The units of work of upload links. The units that record a new upload count it for the link that
 * owns it, and refuse it with FORBIDDEN when the link takes none any more. See Catalog.
 */
export interface Links {
  /** Records a new link. Throws CONFLICT when the id was used before. */
  createLink(link: UploadLink): Promise<void>;

  link(id: string): Promise<UploadLink | undefined>;

  /** All links, the newest first. */
  links(): Promise<UploadLink[]>;

  /** Ends a link. false: it has ended already, or there is none. */
  revokeLink(id: string, at: number): Promise<boolean>;
}
