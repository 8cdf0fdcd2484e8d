import type { Command } from 'commander';

/** What a shell offers after an option or as an argument. */
export type ValueKind = 'file' | 'directory' | 'text';

export interface TreeOption {
  /** With its dashes: "--port", and "-v" if there is one. */
  readonly names: readonly string[];
  /** "<port>", or "" for an option without a value. */
  readonly placeholder: string;
  readonly kind: ValueKind;
  readonly description: string;
}

/** A command with everything that completions and the manual page tell about it. */
export interface TreeCommand {
  readonly name: string;
  /** From the program on: "tusd-ts hooks list". */
  readonly path: string;
  readonly description: string;
  /** "<id...>" and the like. */
  readonly args: readonly string[];
  readonly options: readonly TreeOption[];
  readonly commands: readonly TreeCommand[];
}

/** Describes a program of commander. Every command has --help. */
export function commandTree(command: Command, before = ''): TreeCommand {
  const path = `${before} ${command.name()}`.trim();
  const help = command.createHelp();
  return {
    name: command.name(),
    path,
    description: command.description(),
    args: command.registeredArguments
      .map((argument) => help.argumentTerm(argument))
      .map(bracketed(command)),
    options: help.visibleOptions(command).map((option) => {
      const placeholder = /[<[].*$/.exec(option.flags)?.[0] ?? '';
      return {
        names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
        placeholder,
        kind: kindOf(placeholder),
        description: option.description,
      };
    }),
    commands: help
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help')
      .map((one) => commandTree(one, path)),
  };
}

/** All commands of a tree, the root first. */
export function allCommands(root: TreeCommand): TreeCommand[] {
  return [root, ...root.commands.flatMap(allCommands)];
}

function bracketed({ registeredArguments }: Command) {
  return (name: string, index: number): string => {
    const { required, variadic } = registeredArguments[index]!;
    const text = variadic ? `${name}...` : name;
    return required ? `<${text}>` : `[${text}]`;
  };
}

function kindOf(placeholder: string): ValueKind {
  if (placeholder === '<file>') return 'file';
  return placeholder === '<directory>' ? 'directory' : 'text';
}
