import type { Command } from 'commander';

/** A position on a command line, such as `/users/list`, and the words and options that can follow it. */
interface Position {
  path: string;
  words: Word[];
  options: Word[];
}

interface Word {
  names: string[];
  description: string;
  takesValue: boolean;
}

/** Returns a script that completes the program's commands and options. The script itself never runs the program. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const positions = positionsOf(program, ['']);
  return { bash, zsh, fish }[shell](positions);
}

function positionsOf(command: Command, paths: string[]): Position[] {
  const help = command.createHelp();
  const words = [
    ...help.visibleCommands(command).map((one) => word(namesOf(one), one.summary() || one.description())),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((choice) => word([choice], choice))),
  ];
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map((option) =>
    word([option.long ?? '', option.short ?? ''].filter(Boolean), option.description, option.required),
  );
  const inside = command.commands.flatMap((one) =>
    positionsOf(
      one,
      paths.flatMap((path) => namesOf(one).map((name) => `${path}/${name}`)),
    ),
  );
  return [...paths.map((path) => ({ path, words, options })), ...inside];
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

function word(names: string[], description: string, takesValue = false): Word {
  return { names, description, takesValue };
}

function bash(positions: Position[]): string {
  const names = (words: Word[]) => quote(words.flatMap((one) => one.names).join(' '));
  return `# bash completion for tokens
_tokens() {
  local at= i words
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${pathsOf(positions).join(' | ')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at:\${COMP_WORDS[COMP_CWORD]}" in
${positions
  .flatMap(({ path, words, options }) => [`${path}:-*) words=${names(options)}`, `${path}:*) words=${names(words)}`])
  .map((line) => `    ${line} ;;\n`)
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tokens tokens
`;
}

function zsh(positions: Position[]): string {
  const described = (words: Word[]) =>
    words
      .flatMap(({ names, description }) => names.map((name) => quote(`${name}:${description.replaceAll(':', '\\:')}`)))
      .join(' ');
  return `#compdef tokens
_tokens() {
  local at= word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${pathsOf(positions).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${positions
  .map(
    ({ path, words, options }) =>
      `    ${quote(path)})\n      commands=(${described(words)})\n      options=(${described(options)}) ;;\n`,
  )
  .join('')}  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  else
    _describe command commands
  fi
}
# Works both sourced and from $fpath.
if [[ $funcstack[1] == _tokens ]]; then _tokens "$@"; else compdef _tokens tokens; fi
`;
}

function fish(positions: Position[]): string {
  const lines = positions.flatMap(({ path, words, options }) => {
    const here = `complete -c tokens -n 'test (__tokens_at) = "${path}"'`;
    return [
      ...words.map(({ names, description }) => `${here} -a ${quote(names.join(' '))} -d ${quote(description)}`),
      ...options.map(
        ({ names, description, takesValue }) =>
          `${here} ${names.map(fishOption).join(' ')} -d ${quote(description)}${takesValue ? ' -r' : ''}`,
      ),
    ];
  });
  return `# fish completion for tokens
function __tokens_at
  set -l at ''
  for word in (commandline -opc)
    switch "$at/$word"
      case ${pathsOf(positions).join(' ')}
        set at "$at/$word"
    end
  end
  echo $at
end
complete -c tokens -f
${lines.join('\n')}
`;
}

function fishOption(name: string): string {
  return name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
}

function pathsOf(positions: Position[]): string[] {
  return positions.map(({ path }) => path).filter(Boolean);
}

/** Quotes text for all three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
