import type { Command } from 'commander';

/** Where somebody may be on a command line, such as `/users/list`, and what may follow there. */
interface Place {
  at: string;
  words: Word[];
  options: Word[];
}

interface Word {
  names: string[];
  description: string;
  takesValue: boolean;
}

/** A script for the shell that completes the commands and options of the program. It starts nothing when it runs. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const places = placesOf(program, ['']);
  return { bash, zsh, fish }[shell](places);
}

function placesOf(command: Command, paths: string[]): Place[] {
  const help = command.createHelp();
  const words = [
    ...help
      .visibleCommands(command)
      .map((one) => word([one.name(), ...one.aliases()], one.summary() || one.description())),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((choice) => word([choice], choice))),
  ];
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map((option) =>
    word([option.long ?? '', option.short ?? ''].filter(Boolean), option.description, option.required),
  );
  const inside = command.commands.flatMap((one) =>
    placesOf(
      one,
      paths.flatMap((path) => [one.name(), ...one.aliases()].map((name) => `${path}/${name}`)),
    ),
  );
  return [...paths.map((at) => ({ at, words, options })), ...inside];
}

function word(names: string[], description: string, takesValue = false): Word {
  return { names, description, takesValue };
}

function bash(places: Place[]): string {
  const names = (words: Word[]) => quote(words.flatMap((one) => one.names).join(' '));
  return `# bash completion for tokens
_tokens() {
  local at= i words
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${pathsOf(places).join(' | ')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at:\${COMP_WORDS[COMP_CWORD]}" in
${places
  .flatMap(({ at, words, options }) => [`${at}:-*) words=${names(options)}`, `${at}:*) words=${names(words)}`])
  .map((line) => `    ${line} ;;\n`)
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tokens tokens
`;
}

function zsh(places: Place[]): string {
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
      ${pathsOf(places).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${places
  .map(
    ({ at, words, options }) =>
      `    ${quote(at)})\n      commands=(${described(words)})\n      options=(${described(options)}) ;;\n`,
  )
  .join('')}  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  else
    _describe command commands
  fi
}
# Sourced, or found in $fpath.
if [[ $funcstack[1] == _tokens ]]; then _tokens "$@"; else compdef _tokens tokens; fi
`;
}

function fish(places: Place[]): string {
  const lines = places.flatMap(({ at, words, options }) => {
    const here = `complete -c tokens -n 'test (__tokens_at) = "${at}"'`;
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
      case ${pathsOf(places).join(' ')}
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

function pathsOf(places: Place[]): string[] {
  return places.map(({ at }) => at).filter(Boolean);
}

/** In single quotes, as all three shells read them. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
