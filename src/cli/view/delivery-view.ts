import {
  type Delivery,
  type DeliveryStatus,
  deliveryStatus,
} from '../../storage/model/delivery.ts';
import type { Column } from '../../terminal/column.ts';
import { formatCount } from '../../terminal/size.ts';
import type { Paint, Style } from '../../terminal/style.ts';
import { formatIso } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatAge, formatRelative } from '../../text/span.ts';
import { isoOrNull } from './upload-view.ts';

/**
 * A delivery for programs: times in ISO 8601, null for events that have not happened. The format is
 * stable: keys may be added, but not removed.
 */
export function deliveryJson(delivery: Delivery) {
  return {
    id: delivery.seq,
    eventId: delivery.eventId,
    event: delivery.event,
    hook: delivery.hook,
    upload: delivery.upload,
    status: deliveryStatus(delivery),
    attempts: delivery.attempts,
    createdAt: formatIso(delivery.createdAt),
    firstAttemptAt: isoOrNull(delivery.firstAt),
    nextAt: isoOrNull(delivery.nextAt),
    doneAt: isoOrNull(delivery.doneAt),
    lastError: delivery.lastError,
  };
}

export const DELIVERY_COLUMNS: readonly Column[] = [
  { header: 'NO', align: 'right' },
  { header: 'STATE' },
  { header: 'EVENT' },
  { header: 'UPLOAD' },
  { header: 'HOOK' },
  { header: 'TRIES', align: 'right' },
  { header: 'AGE' },
  { header: 'NEXT' },
  { header: 'LAST ERROR', flexible: true, min: 20 },
];

export interface DeliveryRowOptions {
  readonly style: Style;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The upload's id, as displayed. */
  readonly upload: string;
}

export function deliveryRow(delivery: Delivery, { style, now, upload }: DeliveryRowOptions) {
  const status = deliveryStatus(delivery);
  return [
    String(delivery.seq),
    paintOf(status, style)(status),
    delivery.event,
    sanitize(upload),
    sanitize(delivery.hook),
    formatCount(delivery.attempts),
    formatAge(now - delivery.createdAt),
    nextCell(delivery, now),
    sanitize(delivery.lastError ?? ''),
  ];
}

export function paintOf(status: DeliveryStatus, style: Style): Paint {
  switch (status) {
    case 'pending':
      return (text) => text;
    case 'failing':
      return style.warn;
    case 'dead':
      return style.bad;
    case 'delivered':
      return style.ok;
  }
}

function nextCell({ state, nextAt }: Delivery, now: number): string {
  if (state !== 'pending') return '-';
  if (nextAt === null) return 'waits';
  return nextAt <= now ? 'now' : formatRelative(nextAt - now);
}
