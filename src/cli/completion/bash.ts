import { allCommands, type TreeCommand } from './command-tree.ts';

/** A completion script for bash 3.2 and later. */
export function bashCompletion(root: TreeCommand): string {
  const commands = allCommands(root);
  const paths = commands.slice(1).map(({ path }) => `"${path}"`);
  return `# Completion of ${root.name} for bash:
#   ${root.name} completion bash > /usr/share/bash-completion/completions/${root.name}
_tusd_ts() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local path=${root.name} word words= IFS=$'\\n'
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths.join('|')}) path="$path $word" ;;
    esac
  done
  case "$path:$previous" in
${valueCases(commands)}
  esac
  case "$path" in
${commands.map(wordsCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "\${words// /$'\\n'}" -- "$current"))
}
complete -F _tusd_ts ${root.name}
`;
}

function wordsCase({ path, commands, options }: TreeCommand): string {
  const words = [...commands.map(({ name }) => name), ...options.flatMap(({ names }) => names)];
  return `    "${path}") words="${words.join(' ')}" ;;`;
}

/** After an option with a value: files, directories, or nothing that a shell could know. */
function valueCases(commands: readonly TreeCommand[]): string {
  const action = {
    file: 'compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$current")); return',
    directory: 'compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -d -- "$current")); return',
    text: 'return',
  } as const;
  return commands
    .flatMap(({ path, options }) =>
      (['file', 'directory', 'text'] as const).flatMap((kind) => {
        const names = options
          .filter((option) => option.placeholder !== '' && option.kind === kind)
          .flatMap((option) => option.names);
        if (names.length === 0) return [];
        const patterns = names.map((name) => `"${path}:${name}"`).join('|');
        return `    ${patterns}) ${action[kind]} ;;`;
      }),
    )
    .join('\n');
}
