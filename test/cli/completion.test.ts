import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { commandTree } from '../../src/cli/completion/command-tree.ts';
import { manPage } from '../../src/cli/completion/man-page.ts';
import { MAN_TEXTS } from '../../src/cli/completion/man-texts.ts';
import { wholeProgram } from '../../src/cli/program.ts';
import { createHost, runCli } from '../support/cli-host.ts';
import { ROOT } from '../support/script.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';

/** Command lines up to the cursor, and what must be offered, all of it or among others. */
const CASES: readonly (readonly [line: readonly string[], offered: readonly string[]])[] = [
  [['ins'], ['inspect']],
  [['hooks', 're'], ['retry']],
  [['hooks', 'list', '--hoo'], ['--hook']],
  [['serve', '--port', '1', '--cors-o'], ['--cors-origin']],
  [['serve', '--upload-dir', ''], ['a folder']],
  [['list', '--upload-dir', 'uploads', '--conf'], ['--config']],
  [['serve', '--port', ''], []],
];

const NONSENSE = 'nobody reads this';

async function script(t: TestContext, shell: string): Promise<{ folder: string; file: string }> {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'a folder'));
  writeFileSync(join(folder, NONSENSE), '');
  const { code, stdout, stderr } = await runCli(['completion', shell], { cwd: folder });
  assert.equal(code, 0, stderr);
  const file = join(temporaryFolder(t), `completion.${shell}`);
  writeFileSync(file, stdout);
  return { folder, file };
}

/** Runs a shell; `text` sees the script as $1 and the words after it. */
function offered(shell: string, text: string, cwd: string, words: readonly string[]): string[] {
  const name = shell === 'fish' ? [] : [shell];
  const told = execFileSync(shell, ['-c', text, ...name, ...words], {
    ...{ cwd, encoding: 'utf8' as const },
    env: { ...process.env, HOME: cwd },
  });
  return told.split('\n').filter((line) => line !== '');
}

test('bash completes commands, options and folders', needing('bash'), async (t) => {
  const { folder, file } = await script(t, 'bash');
  const text = `source "$1"; shift; COMP_WORDS=(tusd-ts "$@"); COMP_CWORD=$#; _tusd_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
  for (const [line, wanted] of CASES) {
    assert.deepEqual(offered('bash', text, folder, [file, ...line]), wanted, line.join(' '));
  }
});

test('zsh completes commands, options and folders', needing('zsh'), async (t) => {
  const { folder, file } = await script(t, 'zsh');
  // The parts of zsh's completion that the script uses.
  const text = `compdef() { :; }; _files() { print -l -- *(/); }
    _describe() { local one; for one in $offered; print -- \${one%%:*}; }
    source "$1"; shift; words=(tusd-ts "$@"); CURRENT=$#words; _tusd_ts`;
  for (const [line, wanted] of CASES) {
    const told = offered('zsh', text, folder, [file, ...line]);
    const last = line.at(-1) ?? '';
    assert.deepEqual(
      told.filter((word) => word.startsWith(last)),
      wanted,
      line.join(' '),
    );
  }
});

test('fish completes commands, options and folders', needing('fish'), async (t) => {
  const { folder, file } = await script(t, 'fish');
  for (const [line, wanted] of CASES) {
    const text = `source ${file}; complete -C 'tusd-ts ${line.join(' ')}'`;
    const told = offered('fish', text, folder, []).map((one) => one.split('\t')[0]!);
    const plain = told.map((one) => one.replaceAll('\\ ', ' ').replace(/\/$/, ''));
    assert.deepEqual(plain, wanted, line.join(' '));
  }
});

test('another shell is refused with a sentence', async (t) => {
  const { code, stderr } = await runCli(['completion', 'tcsh'], { cwd: temporaryFolder(t) });
  assert.equal(code, 64);
  assert.match(stderr, /no completion for "tcsh"[\s\S]*bash, zsh, fish/);
});

test('the manual page is that of the commands', async (t) => {
  const io = { ...createHost({ cwd: temporaryFolder(t) }), setExitCode: () => {} };
  const page = manPage(commandTree(await wholeProgram(io)), MAN_TEXTS);
  assert.equal(readFileSync(join(ROOT, 'man', 'tusd-ts.1'), 'utf8'), page, 'run: npm run docs');
  for (const name of ['serve', 'inspect', 'hooks retry', 'completion']) {
    assert.ok(page.includes(`.SS tusd\\-ts ${name}`), name);
  }
});
