import type { Happening } from '../../daemon/happening.ts';
import { shortenName } from '../../terminal/fit.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';

/** Columns; names from clients can have any length. */
const NAME_MAX = 100;

/** An event as a sentence for the log; `idOf` formats an id. */
export function happeningText(what: Happening, idOf: (id: string) => string): string {
  switch (what.type) {
    case 'finished': {
      const took = formatDuration(what.durationMs);
      return `finished ${idOf(what.id)}${named(what.name)}: ${formatSize(what.size)} from ${sanitize(what.client)}${ownerOf(what.owner)} in ${took}`;
    }
    case 'removed':
      return `sweep: removed ${idOf(what.id)}${named(what.name)} (${what.reason}, ${formatSize(what.bytes)})`;
    case 'login-failed': {
      const claimed =
        what.claimed === null ? '' : `, as ${shortenName(sanitize(what.claimed), NAME_MAX)}`;
      // The address comes first: whatever follows is the client's text.
      return `login failed from ${sanitize(what.client)}: ${what.reason}${claimed}`;
    }
    case 'delivered':
      return `delivered ${idOf(what.id)} to ${sanitize(what.path)}`;
    case 'swept': {
      const { removed, failed, bytes, orphans } = what;
      return [
        `sweep: removed ${formatCount(removed)} (${formatSize(bytes)})`,
        ...(failed > 0 ? [`${formatCount(failed)} could not be removed`] : []),
        ...(orphans > 0
          ? [`${formatCount(orphans)} files have no record (tusd-ts cleanup --dry-run)`]
          : []),
      ].join(', ');
    }
  }
}

function ownerOf(owner: string | null): string {
  return owner === null ? '' : ` (${shortenName(sanitize(owner), NAME_MAX)})`;
}

function named(name: string | null): string {
  return name === null ? '' : ` ${shortenName(sanitize(name), NAME_MAX)}`;
}
