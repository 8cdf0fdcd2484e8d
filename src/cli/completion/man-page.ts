import { allCommands, type TreeCommand, type TreeOption } from './command-tree.ts';

/** Sections of the manual page that no command tells. */
export interface ManTexts {
  readonly description: string;
  /** Names and what they are for. */
  readonly files: readonly (readonly [string, string])[];
  readonly exits: readonly (readonly [number, string])[];
}

/** The manual page, in the macros of man(7). */
export function manPage(root: TreeCommand, { description, files, exits }: ManTexts): string {
  const [, ...commands] = allCommands(root);
  return `${[
    '.TH TUSD-TS 1 "" tusd-ts "User commands"',
    '.SH NAME',
    `${escaped(root.name)} \\- ${escaped(lowered(root.description))}`,
    '.SH SYNOPSIS',
    ...commands
      .filter(({ commands: inner }) => inner.length === 0)
      .flatMap(({ path, args }) => [
        `.B ${escaped(path)}`,
        `[\\fIoptions\\fR] ${escaped(args.join(' '))}`.trim(),
        '.br',
      ]),
    '.SH DESCRIPTION',
    escaped(description),
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      `.SS ${escaped([command.path, ...command.args].join(' '))}`,
      `${escaped(command.description)}.`,
      ...command.options.filter(({ names }) => !names.includes('--help')).flatMap(optionLines),
    ]),
    '.SH FILES',
    ...files.flatMap(([name, meaning]) => ['.TP', `.I ${escaped(name)}`, escaped(meaning)]),
    '.SH EXIT STATUS',
    ...exits.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, escaped(meaning)]),
  ].join('\n')}\n`;
}

function optionLines({ names, placeholder, description }: TreeOption): string[] {
  const spelled = names.map((name) => `\\fB${escaped(name)}\\fR`).join(', ');
  const value = placeholder === '' ? '' : ` \\fI${escaped(placeholder)}\\fR`;
  return ['.TP', spelled + value, escaped(description)];
}

/** Text of a line: a backslash, a hyphen and a leading dot or quote have a meaning of their own. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
