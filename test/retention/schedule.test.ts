import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { checkPattern, Schedule } from '../../src/retention/schedule.ts';
import { until } from '../support/until.ts';

function fakeTime(context: TestContext) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 10, 23, 13, 59, 50) });
  context.after(() => mock.timers.reset());
}

function unexpected(what: unknown): never {
  assert.fail(`unexpected: ${what}`);
}

/** Lets what a timer has started go on. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a schedule runs at the times of its pattern and tells the next one', async (context) => {
  fakeTime(context);
  const schedule = new Schedule();
  const runs: number[] = [];
  schedule.start('0 * * * *', async () => void runs.push(Date.now()), unexpected);
  assert.equal(schedule.nextRun()?.getTime(), Date.UTC(2026, 10, 23, 14));
  mock.timers.tick(10_000);
  await settle();
  assert.deepEqual(runs, [Date.UTC(2026, 10, 23, 14)]);
  assert.equal(schedule.nextRun()?.getTime(), Date.UTC(2026, 10, 23, 15));
  await schedule.stop();
  assert.equal(schedule.nextRun(), null);
});

test('a run that takes longer than its interval is not started twice', async (context) => {
  fakeTime(context);
  const schedule = new Schedule();
  let started = 0;
  let end = () => {};
  const run = () => {
    started += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  schedule.start('* * * * * *', run, unexpected);
  for (let second = 0; second < 5; second++) {
    mock.timers.tick(1_000);
    await settle();
  }
  assert.equal(started, 1);
  end();
  await settle();
  mock.timers.tick(1_000);
  await settle();
  assert.equal(started, 2);
  end();
  await schedule.stop();
});

test('a run that fails is logged, and the schedule goes on', async (context) => {
  fakeTime(context);
  const schedule = new Schedule();
  const errors: unknown[] = [];
  schedule.start(
    '* * * * * *',
    async () => {
      throw new Error('no');
    },
    (error) => errors.push(error),
  );
  for (let second = 0; second < 3; second++) {
    mock.timers.tick(1_000);
    await settle();
  }
  assert.ok(errors.length >= 2, `${errors.length} errors`);
  await schedule.stop();
});

test('stopping tells the running sweep and waits for it', async (context) => {
  fakeTime(context);
  const schedule = new Schedule();
  const steps: string[] = [];
  schedule.start(
    '* * * * * *',
    (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          steps.push('told');
          setImmediate(() => {
            steps.push('ended');
            resolve();
          });
        });
      }),
    unexpected,
  );
  mock.timers.tick(1_000);
  await settle();
  await schedule.stop();
  assert.deepEqual(steps, ['told', 'ended']);
});

test('without a pattern nothing ever runs', async () => {
  const schedule = new Schedule();
  schedule.start(null, async () => unexpected('a run'), unexpected);
  assert.equal(schedule.nextRun(), null);
  await schedule.stop();
});

test('a pattern that cannot be read or would never fire is a fault of the configuration', () => {
  for (const pattern of ['nonsense', '61 * * * *', '* * * *', '0 0 31 2 *']) {
    assert.throws(
      () => checkPattern(pattern),
      (error) => error instanceof Fault && error.code === 'CONFIG',
      pattern,
    );
  }
  checkPattern('*/5 * * * *');
  checkPattern('0 0 3 * * SUN');
  checkPattern(null);
});

// `until` polls in real time, which the other tests replace.
test('a schedule runs in real time, too', async () => {
  const schedule = new Schedule();
  let runs = 0;
  schedule.start('* * * * * *', async () => void runs++, unexpected);
  await until('the first run', () => runs > 0);
  await schedule.stop();
});
