import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { assertNone } from '../support/sources.ts';
import { allPages } from './pages.ts';

/** Pages about programs of this repository other than the command. */
const OF_OTHERS =
  /^(?:bench|conformance)\/|^CONTRIBUTING\.md$|^docs\/(?:comparison|conformance|simulation)\.md$/;
const pages = allPages();

interface Help {
  readonly commands: readonly string[];
  readonly flags: ReadonlySet<string>;
}

/** What `tusd-ts COMMAND --help` says there is. */
async function helpOf(...command: readonly string[]): Promise<Help> {
  const { code, stdout } = await runCli([...command, '--help'], { cwd: '/' });
  assert.equal(code, 0, command.join(' '));
  const [, listed = ''] = stdout.split('\nCommands:\n');
  const [commands = ''] = listed.split('\n\n');
  return {
    commands: [...commands.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1]!),
    flags: new Set([...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1]!)),
  };
}

/** The help of every command and subcommand by its words: "list", "hooks list". */
async function allHelp(): Promise<Map<string, Help>> {
  const all = new Map([['', await helpOf()]]);
  for (const name of all.get('')!.commands) {
    if (name === 'help') continue;
    const help = await helpOf(name);
    all.set(name, help);
    for (const sub of help.commands) {
      if (sub !== 'help') all.set(`${name} ${sub}`, await helpOf(name, sub));
    }
  }
  return all;
}

/** Every "tusd-ts WORD WORD … --flag" in the code of a page. */
function invocations(code: readonly string[]): { words: string[]; flags: string[] }[] {
  return code
    .flatMap((line) => line.replace(/ # .*/, '').split(/[|;&]| \$\(/))
    .flatMap((part) => {
      const match = /(?:^|[ "(])tusd-ts ((?:[a-z]+ ?)*)(.*)$/.exec(part);
      if (!match) return [];
      const [, words = '', rest = ''] = match;
      const flags = `${words}${rest}`.match(/(?<=^| )--[a-z][a-z-]*/g) ?? [];
      return [{ words: words.trim().split(' '), flags }];
    })
    .filter(({ words, flags }) => words[0] !== '' || flags.length > 0);
}

test('every command and flag that a page shows exists', async () => {
  const all = await allHelp();
  const problems = pages.flatMap(({ path, code }) =>
    invocations(code).flatMap(({ words: [first = '', second = ''], flags }) => {
      const help = all.get(`${first} ${second}`) ?? all.get(first);
      if (!help) return `${path} shows "tusd-ts ${first}", which is no command.`;
      return flags
        .filter((flag) => !help.flags.has(flag) && !all.get('')!.flags.has(flag))
        .map((flag) => `${path} shows "tusd-ts ${first} ${flag}", which is no option of it.`);
    }),
  );
  assertNone(problems);
});

test('every flag that a page of the manual names is an option of a command', async () => {
  const known = new Set([...(await allHelp()).values()].flatMap(({ flags }) => [...flags]));
  const problems = pages
    .filter(({ path }) => !OF_OTHERS.test(path))
    .flatMap(({ path, prose }) =>
      [...prose.matchAll(/`(--[a-z][a-z-]*)/g)]
        .map(([, flag = '']) => flag)
        .filter((flag) => !known.has(flag))
        .map((flag) => `${path} names ${flag}, which no command knows.`),
    );
  assertNone(problems);
});

test('every command is in the README or the manual', async () => {
  const shown = pages.filter(({ path }) => path === 'README.md' || path.startsWith('docs/'));
  const text = shown.flatMap(({ code }) => code).join('\n');
  const problems = [...(await allHelp()).keys()]
    .filter((command) => command !== '' && !text.includes(`tusd-ts ${command}`))
    .map((command) => `neither README.md nor docs/ shows tusd-ts ${command}.`);
  assertNone(problems);
});
