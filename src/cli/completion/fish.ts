import { allCommands, type TreeCommand, type TreeOption } from './command-tree.ts';

/** A completion script for fish. */
export function fishCompletion(root: TreeCommand): string {
  const commands = allCommands(root);
  const paths = commands.slice(1).map(({ path }) => quoted(path));
  const lines = commands.flatMap((command) => [
    ...command.commands.map(
      ({ name, description }) =>
        `complete -c ${root.name} -n ${at(command)} -a ${name} -d ${quoted(description)}`,
    ),
    ...command.options.map(
      (option) => `complete -c ${root.name} -n ${at(command)} ${flags(option)}`,
    ),
  ]);
  return `# Completion of ${root.name} for fish:
#   ${root.name} completion fish > /usr/share/fish/vendor_completions.d/${root.name}.fish
function __tusd_ts_at
    set -l route ${root.name}
    for word in (commandline -opc)[2..-1]
        switch "$route $word"
            case ${paths.join(' ')}
                set route "$route $word"
        end
    end
    test "$route" = "$argv[1]"
end
complete -c ${root.name} -f
${lines.join('\n')}
`;
}

function at({ path }: TreeCommand): string {
  return quoted(`__tusd_ts_at "${path}"`);
}

function flags({ names, placeholder, kind, description }: TreeOption): string {
  const spelled = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = { file: '-r -F', directory: "-x -a '(__fish_complete_directories)'", text: '-x' };
  return [...spelled, placeholder === '' ? '' : value[kind], `-d ${quoted(description)}`]
    .filter(Boolean)
    .join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
