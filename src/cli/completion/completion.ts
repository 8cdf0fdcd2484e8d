import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { bashCompletion } from './bash.ts';
import { commandTree, type TreeCommand } from './command-tree.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const SHELLS: ReadonlyMap<string, (root: TreeCommand) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

const HELP = helpText({
  examples: [
    ['source <(tusd-ts completion bash)', 'for this shell'],
    ['tusd-ts completion bash > /usr/share/bash-completion/completions/tusd-ts', 'for everybody'],
    ['tusd-ts completion zsh > /usr/share/zsh/vendor-completions/_tusd-ts', ''],
    ['tusd-ts completion fish > ~/.config/fish/completions/tusd-ts.fish', ''],
  ],
});

/** `tusd-ts completion <shell>`. `program` makes the program with all of its commands. */
export function completionCommand(io: Io, program: () => Promise<Command>): Command {
  return new Command('completion')
    .description('Print a script that completes commands and options in a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', HELP)
    .action(async (shell: string) => {
      const write = SHELLS.get(shell);
      if (!write) {
        throw new Fault('USAGE', `there is no completion for ${JSON.stringify(shell)}`, {
          hint: `Choose one of ${[...SHELLS.keys()].join(', ')}.`,
        });
      }
      await io.stdout.write(write(commandTree(await program())));
    });
}
