import { allCommands, type TreeCommand } from './command-tree.ts';

/** A completion script for zsh. */
export function zshCompletion(root: TreeCommand): string {
  const commands = allCommands(root);
  const paths = commands.slice(1).map(({ path }) => `"${path}"`);
  return `#compdef ${root.name}
# Completion of ${root.name} for zsh: in a folder of $fpath,
#   ${root.name} completion zsh > /usr/share/zsh/vendor-completions/_${root.name}
_tusd_ts() {
  local route=${root.name} word
  local -a offered
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$route $word" in
      (${paths.join('|')}) route="$route $word" ;;
    esac
  done
  case "$route:\${words[CURRENT-1]}" in
${valueCases(commands)}
  esac
  case "$route" in
${commands.map(offeredCase).join('\n')}
  esac
  _describe '${root.name}' offered
}
if [ "$funcstack[1]" = _${root.name} ]; then
  _tusd_ts
else
  compdef _tusd_ts ${root.name}
fi
`;
}

function offeredCase({ path, commands, options }: TreeCommand): string {
  const items = [
    ...commands.map(({ name, description }) => item(name, description)),
    ...options.flatMap(({ names, description }) => names.map((name) => item(name, description))),
  ];
  return `    ("${path}") offered=(${items.join(' ')}) ;;`;
}

/** A word and its explanation for _describe, where a colon separates them. */
function item(word: string, description: string): string {
  const text = `${word}:${description.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function valueCases(commands: readonly TreeCommand[]): string {
  const action = {
    file: '_files; return',
    directory: '_files -/; return',
    text: 'return',
  } as const;
  return commands
    .flatMap(({ path, options }) =>
      options
        .filter(({ placeholder }) => placeholder !== '')
        .map(({ names, kind }) => {
          const patterns = names.map((name) => `"${path}:${name}"`).join('|');
          return `    (${patterns}) ${action[kind]} ;;`;
        }),
    )
    .join('\n');
}
