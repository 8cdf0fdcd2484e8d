import assert from 'node:assert/strict';
import type { detailsJson } from '../../src/cli/inspect/inspect-json.ts';
import type { viewJson } from '../../src/cli/view/upload-view.ts';
import type { SweepSummary } from '../../src/retention/decision.ts';
import { runCli } from './cli-host.ts';
import { cleanEnvironment, runCommand } from './command.ts';

export type ListedUpload = ReturnType<typeof viewJson>;
export type InspectedUpload = ReturnType<typeof detailsJson>;

export interface Swept {
  readonly dryRun: boolean;
  readonly uploads: readonly {
    readonly action: string;
    readonly id: string;
    readonly reason: { readonly code: string };
  }[];
  readonly summary: SweepSummary;
}

/**
 * Commands on one upload directory, with --json. They run inside this process, which is far quicker than to
 * start the program; a program that TUSD_TS_PROGRAM names is started, in order to be tested.
 */
export interface Commands {
  list(...args: string[]): Promise<readonly ListedUpload[]>;
  /** By id, the beginning of one, or URL. */
  inspect(upload: string): Promise<InspectedUpload>;
  cleanup(...args: string[]): Promise<Swept>;
}

export function commandsOn(uploadDir: string): Commands {
  const json = async (command: string, args: readonly string[]) => {
    const all = [command, '--upload-dir', uploadDir, '--json', ...args];
    const { code, stdout, stderr } = process.env.TUSD_TS_PROGRAM
      ? await runCommand(all, { cwd: uploadDir })
      : await runCli(all, { cwd: uploadDir, env: cleanEnvironment() });
    assert.equal(code, 0, `${all.join(' ')}: ${stderr}`);
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };
  return {
    list: async (...args) => (await json('list', args)).uploads,
    inspect: (upload) => json('inspect', [upload]),
    cleanup: (...args) => json('cleanup', args),
  };
}
