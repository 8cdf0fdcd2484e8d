import { Command } from 'commander';
import { withSequence } from '../../hooks/payload.ts';
import { deliveryStatus, type StoredDelivery } from '../../storage/model/delivery.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatDateTime } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';
import { helpText } from '../output/help-text.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { deliveryJson, paintOf } from '../view/delivery-view.ts';
import { countOf } from '../view/list-totals.ts';
import { findDelivery } from './find-delivery.ts';

const HELP = helpText({
  notes: ['The payload is what the hook is sent, byte for byte the same at every attempt.'],
  examples: [
    ['tusd-ts hooks show 12', 'the delivery that `tusd-ts hooks list` numbers 12'],
    ['tusd-ts hooks show 12 --json | jq .payload', 'what is sent'],
  ],
  exits: [[66, 'no such delivery']],
});

/** `tusd-ts hooks show <no>` */
export function hooksShowCommand(io: Io): Command {
  const command = new Command('show')
    .description('Tell all that is known of one delivery, with its payload')
    .argument('<no>', 'its number in `tusd-ts hooks list`');
  addStorageOptions(command, { retention: false });
  return command
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((no: string, options: Readonly<Record<string, unknown>>) =>
      withStore(io, options, async ({ store }) => {
        const delivery = await findDelivery(store, no);
        const payload = JSON.parse(withSequence(delivery.payload, delivery.seq));
        const text = options.json
          ? formatJson({ ...deliveryJson(delivery), payload }, 2)
          : lines(io, delivery, formatJson(payload, 2)).join('\n');
        await (options.json ? io.stdout : textOutput(io, io.stdout)).write(`${text}\n`);
      }),
    );
}

function lines(io: Io, delivery: StoredDelivery, payload: string): string[] {
  const { seq, event, hook, upload, eventId, createdAt, firstAt, nextAt, doneAt } = delivery;
  const style = styleOf(io);
  const now = io.now();
  const status = deliveryStatus(delivery);
  const time = (at: number) => {
    const distance = formatDuration(Math.abs(now - at));
    const when = at > now ? `in ${distance}` : `${distance} ago`;
    return `${formatDateTime(at, { timeZone: io.timeZone })} (${when})`;
  };
  return [
    `${style.strong(String(seq))}  ${event} for the hook ${sanitize(hook)}  ${paintOf(status, style)(status)}`,
    sanitize(sentenceOf(delivery, now)),
    '',
    `  upload     ${sanitize(upload)}`,
    `  event id   ${sanitize(eventId)}`,
    `  caused     ${time(createdAt)}`,
    ...(firstAt === null ? [] : [`  first try  ${time(firstAt)}`]),
    ...(nextAt === null ? [] : [`  next try   ${nextAt <= now ? 'now' : time(nextAt)}`]),
    ...(doneAt === null ? [] : [`  done       ${time(doneAt)}`]),
    '',
    ...payload.split('\n').map((line) => `  ${line}`),
  ];
}

function sentenceOf(delivery: StoredDelivery, now: number): string {
  const { attempts, nextAt, lastError } = delivery;
  const tries = countOf(attempts, 'attempt');
  switch (deliveryStatus(delivery)) {
    case 'pending':
      return nextAt === null
        ? 'Waits until an earlier event of the same upload is delivered or given up.'
        : 'Not tried yet: the daemon sends it as soon as it can.';
    case 'failing': {
      const next = nextAt === null || nextAt <= now ? 'now' : `in ${formatDuration(nextAt - now)}`;
      return `${tries} failed, the next comes ${next}. The last one: ${lastError}`;
    }
    case 'dead':
      return `Given up after ${tries}. The last one: ${lastError}`;
    case 'delivered':
      return `Delivered after ${tries}.`;
  }
}
