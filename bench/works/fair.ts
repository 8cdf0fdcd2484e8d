import { MIB } from '../sizes.ts';
import { interleaved } from './interleaved.ts';
import { measure } from './measure.ts';
import { createEmpty, removeAll } from './uploads.ts';

const CLIENTS = 16;
const RATE = 8 * MIB;

export const fair = interleaved({
  name: 'fair',
  title: ({ steady, besideSteady }) =>
    `${CLIENTS} clients that send ${steady / MIB} MiB at ${RATE / MIB} MiB/s each, beside ${besideSteady / MIB} MiB at full speed`,
  notes: [
    'MiB/s: of the one at full speed; least share: of its own rate, what the slowest of the others got',
  ],
  open:
    async (target, { steady, besideSteady }) =>
    async (share) => {
      const { server, client } = target;
      const pacedLength = Math.ceil(steady * share);
      const fastLength = Math.ceil(besideSteady * share);
      const paced = await createEmpty(target, CLIENTS, pacedLength);
      const [fast = ''] = await createEmpty(target, 1, fastLength);
      const job = { kind: 'fair', paced, rate: RATE, pacedLength, fast, fastLength } as const;
      const { sample, result } = await measure(server, client, job, 'bytes');
      await removeAll(target, [...paced, fast]);
      // Processor time is not only that of the fast one.
      const { cpuPerGib: _, ...rest } = sample;
      return { ...rest, leastSharePercent: (result.leastShare ?? Number.NaN) * 100 };
    },
});
