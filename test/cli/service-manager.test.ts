import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServiceManager } from '../../src/cli/process/service-manager.ts';
import { until } from '../support/until.ts';

function manager(
  env: Record<string, string>,
  send: (assignments: readonly string[]) => Promise<void> = async () => {},
) {
  const sent: string[] = [];
  const warnings: string[] = [];
  const made = createServiceManager({
    env,
    pid: 7,
    send: async (assignments) => {
      await send(assignments);
      sent.push(assignments.join(' '));
    },
    warn: (message) => warnings.push(message),
  });
  return { ...made, sent, warnings };
}

test('without NOTIFY_SOCKET nothing is sent', async () => {
  const { ready, stopping, flush, sent } = manager({ WATCHDOG_USEC: '2000000' });
  ready('serving');
  stopping();
  await flush(1_000);
  assert.deepEqual(sent, []);
});

test('notifications go out in order, and a reload tells its monotonic time', async () => {
  const delays = [30, 10, 0];
  const slower = () => new Promise<void>((resolve) => setTimeout(resolve, delays.shift()));
  const { ready, reloading, stopping, flush, sent } = manager({ NOTIFY_SOCKET: '/run/n' }, slower);
  reloading();
  ready('serving at http://a/');
  await flush(20_000);
  stopping();
  await flush(20_000);
  const [first = '', ...others] = sent;
  assert.match(first, /^RELOADING=1 MONOTONIC_USEC=\d+$/);
  const told = Number(/\d+$/.exec(first)?.[0]) * 1_000;
  assert.ok(told <= Number(process.hrtime.bigint()));
  assert.deepEqual(others, ['READY=1 STATUS=serving at http://a/', 'STOPPING=1 STATUS=stopping']);
});

test('what is no longer true is not sent, however many reloads there were', async () => {
  const { ready, reloading, stopping, flush, sent } = manager({ NOTIFY_SOCKET: '/run/n' });
  ready('first');
  for (let count = 0; count < 1_000; count += 1) {
    reloading();
    ready(`reload ${count}`);
  }
  await flush(20_000);
  const words = () => sent.map((text) => text.replace(/\d{4,}/, ''));
  assert.deepEqual(words(), [
    'READY=1 STATUS=first',
    'RELOADING=1 MONOTONIC_USEC=',
    'READY=1 STATUS=reload 999',
  ]);
  reloading();
  ready('reload');
  stopping();
  await flush(20_000);
  assert.deepEqual(words().slice(3), ['RELOADING=1 MONOTONIC_USEC=', 'STOPPING=1 STATUS=stopping']);
});

test('signs of life go out between reloads that never end', async () => {
  const env = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '1' };
  const made = manager(env, () => new Promise((resolve) => setTimeout(resolve, 5)));
  const reloads = setInterval(() => {
    made.reloading();
    made.ready('serving');
  }, 1);
  await until('two signs of life', () => made.sent.filter((one) => one === 'WATCHDOG=1')[1]);
  clearInterval(reloads);
});

test('a broken socket is reported once, and again only after it has worked', async () => {
  const answers = [false, false, true, false];
  const { ready, flush, warnings } = manager({ NOTIFY_SOCKET: '/dev/null' }, async () => {
    if (!answers.shift()) throw new Error('no such socket');
  });
  for (let count = 0; count < 4; count += 1) {
    ready('serving');
    await flush(20_000);
  }
  const told = 'the service manager was not notified: no such socket';
  assert.deepEqual(warnings, [told, told]);
});

test('a manager that never takes a notification does not hold up the end', async () => {
  const { ready, flush } = manager({ NOTIFY_SOCKET: '/run/n' }, () => new Promise(() => {}));
  ready('serving');
  await flush(10);
});

test('the watchdog gets signs of life, if it is meant for this process and makes sense', async () => {
  const lives = manager({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '1', WATCHDOG_PID: '7' });
  const others = [
    { WATCHDOG_USEC: '1', WATCHDOG_PID: '8' },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: '-1' },
    { WATCHDOG_USEC: '1e3' },
    { WATCHDOG_USEC: '' },
  ].map((env) => manager({ NOTIFY_SOCKET: '/run/n', ...env } as Record<string, string>));
  // The timers do not keep a process alive.
  const alive = setInterval(() => {}, 1_000);
  await until('two signs of life', () => lives.sent.length >= 2);
  clearInterval(alive);
  assert.equal(lives.sent[0], 'WATCHDOG=1');
  assert.deepEqual(
    others.flatMap(({ sent }) => sent),
    [],
  );
});
