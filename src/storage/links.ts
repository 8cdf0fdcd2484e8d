import type { UploadLink } from './model/link.ts';
import type { StoreContext } from './uploads/context.ts';

/** Upload links, as commands make and end them and the daemon reads them. */
export interface LinkBook {
  /** Records a link so that it survives a power cut. Throws CONFLICT when the id was used before. */
  createLink(link: UploadLink): Promise<void>;
  link(id: string): Promise<UploadLink | undefined>;
  /** All links, the newest first. */
  links(): Promise<UploadLink[]>;
  /** Ends a link for good. false: it has ended already, or there is none. */
  revokeLink(id: string): Promise<boolean>;
}

export function createLinkBook({ catalog, now }: StoreContext): LinkBook {
  return {
    async createLink(link) {
      await catalog.createLink(link);
      await catalog.persist();
    },
    link: (id) => catalog.link(id),
    links: () => catalog.links(),
    async revokeLink(id) {
      const revoked = await catalog.revokeLink(id, now());
      await catalog.persist();
      return revoked;
    },
  };
}
