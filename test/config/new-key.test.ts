import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { configCommand } from '../../src/cli/config.ts';
import { configJson, describeConfig } from '../../src/config/describe.ts';
import { commonKeys, exampleText, keysReference, schemaText } from '../../src/config/docs.ts';
import { flagsOf, pickConfigFlags } from '../../src/config/flags.ts';
import { KEYS } from '../../src/config/keys/keys.ts';
import {
  booleanType,
  daysType,
  durationType,
  limitType,
  listType,
  wordType,
} from '../../src/config/keys/value-types.ts';
import { type LoadOptions, loadKeys } from '../../src/config/load.ts';
import { createHost } from '../support/cli-host.ts';
import { configFolder, FILE, faultOf } from './config-folder.ts';

/** The table of the program with more entries: nothing else knows them. */
const WITH_MORE = {
  ...KEYS,
  lampColor: {
    ...wordType(['red', 'green'], '<color>'),
    default: 'red',
    example: 'green',
    common: true,
    meaning: 'The color of the lamp.',
  },
  lampTimeout: { ...durationType(0), default: '5s', example: '1m', meaning: 'How long it burns.' },
  lampRetentionDays: { ...daysType(), default: 2, example: 3, meaning: 'How long it is kept.' },
  lampSize: { ...limitType(), default: '1KiB', example: '1MiB', meaning: 'How large it is.' },
  disableLamp: { ...booleanType(), default: false, example: true, meaning: 'No lamp.' },
  lampNames: {
    ...listType('a name', (value) => ({ value: value.toUpperCase() }), {
      type: 'list of names',
      allowed: 'names',
      placeholder: '<name>',
    }),
    default: [],
    example: ['a', 'b'],
    item: 'lampName',
    meaning: 'What it is called.',
  },
  lampFile: {
    ...wordType(['x', 'y'], '<file>'),
    default: 'x',
    example: 'y',
    meaning: 'Where it is.',
    resolve: (value: 'x' | 'y', { folder }: { folder: string | null }) => ({
      value: { path: join(folder ?? '/', value) },
    }),
  },
} as const;

function load(cwd: string, options: Partial<LoadOptions> = {}) {
  return loadKeys(WITH_MORE, { cwd, env: {}, systemFolder: join(cwd, 'etc'), ...options });
}

test('a new key has its value in the program, under a name that tells the unit', async (t) => {
  const folder = await configFolder(t);
  const { config } = await load(folder);
  // The compiler knows these names and types, too.
  const color: 'red' | 'green' = config.lampColor;
  const timeout: number = config.lampTimeoutMs;
  const kept: number | null = config.lampRetentionMs;
  const size: number | null = config.lampSize;
  const off: boolean = config.disableLamp;
  const names: readonly string[] = config.lampNames;
  const file: { path: string } = config.lampFile;
  assert.deepEqual(
    [color, timeout, kept, size, off, names, file],
    ['red', 5_000, 172_800_000, 1024, false, [], { path: join(folder, 'x') }],
  );
});

test('a new key is read from the file, from its variable and from its flag', async (t) => {
  const folder = await configFolder(t, {
    [FILE]: { lampColor: 'green', lampTimeout: '6s', lampNames: ['a', 'b'] },
  });
  const env = { UPLOAD_DAEMON_LAMP_TIMEOUT: '7s', UPLOAD_DAEMON_DISABLE_LAMP: 'true' };
  const options = { lampName: ['c', 'd'], lampTimeout: '8s', lampRetentionDays: 'never' };
  const flags = pickConfigFlags(options, WITH_MORE);

  const byFile = await load(folder);
  assert.deepEqual(byFile.config.lampNames, ['A', 'B']);
  assert.deepEqual(byFile.sources.lampColor, {
    value: 'green',
    source: 'file',
    where: join(folder, FILE),
  });
  const byVariable = await load(folder, { env });
  assert.deepEqual([byVariable.config.lampTimeoutMs, byVariable.config.disableLamp], [7_000, true]);
  assert.equal(byVariable.sources.lampTimeout.where, 'UPLOAD_DAEMON_LAMP_TIMEOUT');
  const byFlag = await load(folder, { env, flags });
  assert.deepEqual(byFlag.config.lampNames, ['C', 'D']);
  assert.deepEqual([byFlag.config.lampTimeoutMs, byFlag.config.lampRetentionMs], [8_000, null]);
  assert.equal(byFlag.sources.lampNames.where, '--lamp-name');
});

test('mistakes in a new key, its variable and its flag are named', async (t) => {
  const wrong = await configFolder(t, { [FILE]: { lampColour: 'red', lampTimeout: 5 } });
  const { details } = await faultOf(load(wrong));
  assert.match(details!.join('\n'), /unknown key "lampColour" .* Did you mean "lampColor"\?/);
  assert.match(details!.join('\n'), /lampTimeout is 5 in .*: it must be a duration/);
  const empty = await configFolder(t);
  const variable = await faultOf(load(empty, { env: { UPLOAD_DAEMON_LAMP_COLOUR: 'red' } }));
  assert.match(variable.message, /Did you mean UPLOAD_DAEMON_LAMP_COLOR\?/);
  const flag = await faultOf(load(empty, { flags: { lampColor: 'blue' } }));
  assert.equal(
    flag.message,
    'lampColor is "blue" as given by --lamp-color: it must be "red" or "green".',
  );
});

test('a new key has a flag of its kind', () => {
  const flags = new Map(flagsOf(WITH_MORE).map(({ key, ...flag }) => [key, flag]));
  const { flag, placeholder, repeatable } = flags.get('lampNames')!;
  assert.deepEqual([flag, placeholder, repeatable], ['--lamp-name', '<name>', true]);
  assert.equal(flags.get('disableLamp')?.boolean, true);
  assert.equal(flags.get('lampColor')?.placeholder, '<color>');
});

test('a new key is documented, in the JSON Schema and in the example file', () => {
  assert.match(
    keysReference(WITH_MORE),
    /\n### lampNames\n\nWhat it is called\.\n\n- allowed: names\n- default: `\[\]`\n- file: `"lampNames": \["a","b"\]`\n- flag: `--lamp-name a --lamp-name b`\n- variable: `UPLOAD_DAEMON_LAMP_NAMES=a,b`\n/,
  );
  assert.match(commonKeys(WITH_MORE), /#lampcolor\) \| `"red"` \| The color of the lamp\. \|/);
  assert.deepEqual(JSON.parse(schemaText(WITH_MORE)).properties.lampColor, {
    description: 'The color of the lamp.',
    default: 'red',
    type: 'string',
    enum: ['red', 'green'],
  });
  assert.equal(JSON.parse(exampleText(WITH_MORE)).lampTimeout, '5s');
});

test('`tusd-ts config` and the help show a new key', async (t) => {
  const folder = await configFolder(t, { [FILE]: { lampSize: '1MiB' } });
  const loaded = await load(folder);
  const byKey = new Map(describeConfig(loaded).map((row) => [row.key, row.value]));
  assert.deepEqual([byKey.get('lampNames'), byKey.get('lampRetentionDays')], ['(none)', '2']);
  const json = new Map(configJson(loaded).values.map((value) => [value.key, value]));
  assert.equal(json.get('lampSize')?.bytes, 2 ** 20);
  assert.equal(json.get('lampRetentionDays')?.durationMs, 172_800_000);

  const host = createHost({ cwd: folder });
  const command = configCommand({ ...host, setExitCode: () => {} }, WITH_MORE);
  assert.match(
    command.helpInformation(),
    /--lamp-color <color> +The color of the lamp\. \(default: "red",\s+env:\s+UPLOAD_DAEMON_LAMP_COLOR\)/,
  );
  await command.parseAsync(['', '', '--lamp-color', 'green', '--lamp-name', 'a']);
  assert.match(host.out.stdout, /^lampColor +green +flag +--lamp-color$/m);
  assert.match(host.out.stdout, /^lampNames +a +flag +--lamp-name$/m);
  assert.match(host.out.stdout, /^lampSize +1MiB +file +\//m);
  assert.match(host.out.stdout, /^lampTimeout +5s +default *$/m);
});
