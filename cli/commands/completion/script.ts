import type { Command } from 'commander';
import type { NameKind } from '../../session/known-names.ts';
import { kindOfArguments, kindOfOption } from './kinds.ts';

/** A position on a command line, such as `/users/list`, and what can follow it. */
interface Position {
  path: string;
  words: Word[];
  options: Word[];
  /** What its arguments name. */
  names: NameKind | null;
}

interface Word {
  names: string[];
  description: string;
  takesValue: boolean;
}

/**
 * Returns a script that completes the program's commands and options by itself, and asks the program for names of tokens,
 * members, apps and service accounts.
 */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const positions = positionsOf(program, ['']);
  return { bash, zsh, fish }[shell](positions);
}

/** `canonical` is the path without aliases. */
function positionsOf(command: Command, paths: string[], canonical = ''): Position[] {
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
      `${canonical}/${one.name()}`,
    ),
  );
  const names = kindOfArguments(canonical);
  return [...paths.map((path) => ({ path, words, options, names })), ...inside];
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

function word(names: string[], description: string, takesValue = false): Word {
  return { names, description, takesValue };
}

/** Returns the options of all positions whose values are names, by what they name. */
function namingOptions(positions: Position[]): [NameKind, string[]][] {
  const byKind = new Map<NameKind, Set<string>>();
  for (const name of positions.flatMap(({ options }) => options.flatMap((option) => option.names))) {
    const kind = kindOfOption(name);
    if (kind) byKind.set(kind, (byKind.get(kind) ?? new Set()).add(name));
  }
  return [...byKind].map(([kind, names]) => [kind, [...names]]);
}

function bash(positions: Position[]): string {
  const spaced = (words: Word[]) => quote(words.flatMap((one) => one.names).join(' '));
  return `# bash completion for tokens
_tokens() {
  local at= breaks current i joined= line name names= quoted start word words
  local -a before=() server=()
  COMPREPLY=()
  # bash divides words at ":", "=" and "@". This joins the pieces that no space separates.
  line=\${COMP_LINE:0:COMP_POINT}
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    start=\${line%%[! ]*}
    line=\${line#"$start"}
    line=\${line#"$word"}
    if [[ $i == 0 || $start ]]; then before+=("$word"); else before[\${#before[@]} - 1]+=$word; fi
  done
  current=\${before[\${#before[@]} - 1]}
  before=("\${before[@]:1:\${#before[@]} - 2}") word=
  for ((i = 0; i < \${#before[@]}; i++)); do
    word=\${before[i]}
    case "$word" in
      --) compopt -o default 2>/dev/null; return ;;
      --server | --service-account | --user) server+=("$word" "\${before[i + 1]}") ;;
      -s) server+=(--service-account "\${before[i + 1]}") ;;
    esac
    case "$at/$word" in
      ${pathsOf(positions).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at:$current" in
${positions
  .flatMap(({ path, words, options, names }) => [
    `${path}:-*) words=${spaced(options)}`,
    `${path}:*) words=${spaced(words)}${names ? ` names=${names}` : ''}`,
  ])
  .map((line) => `    ${line} ;;\n`)
  .join('')}  esac
  case "$word" in
${namingOptions(positions)
  .map(([kind, options]) => `    ${options.join(' | ')}) words= names=${kind} ;;\n`)
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ $names ]] || return
  # bash replaces only the last piece. A piece may begin with "@", but not with the other two.
  breaks=\${COMP_WORDBREAKS//[!:=]/}
  [[ $breaks ]] && joined=\${current%"\${current##*[$breaks]}"}
  [[ $COMP_WORDBREAKS == *@* ]] && line=\${current#"$joined"} && joined+=\${line%"\${line##*@}"} && joined=\${joined%@}
  # A name is text of other people: it is quoted, and inside quotes only a harmless one is offered.
  while IFS= read -r name; do
    printf -v quoted %q "$name"
    case $current in
      [\\"\\']*) [[ $name == "\${current:1}"* && $name != *[!A-Za-z0-9._@:\\ -]* ]] && COMPREPLY+=("$name") ;;
      *) [[ $quoted == "$current"* ]] && COMPREPLY+=("\${quoted#"$joined"}") ;;
    esac
  done < <(command tokens __complete "$names" "\${server[@]}" 2>/dev/null)
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
  local at= i names= word
  local -a before commands options server
  before=("\${(@Q)words[2,CURRENT-1]}")
  for ((i = 1; i <= $#before; i++)); do
    word=$before[i]
    case "$word" in
      --) _files; return ;;
      --server|--service-account|--user) server+=("$word" "$before[i+1]") ;;
      -s) server+=(--service-account "$before[i+1]") ;;
    esac
    case "$at/$word" in
      ${pathsOf(positions).join(' | ')}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${positions
  .map(
    ({ path, words, options, names }) =>
      `    ${quote(path)})\n      commands=(${described(words)})\n      options=(${described(options)})${names ? ` names=${names}` : ''} ;;\n`,
  )
  .join('')}  esac
  case "$word" in
${namingOptions(positions)
  .map(([kind, options]) => `    ${options.join('|')}) commands=() names=${kind} ;;\n`)
  .join('')}  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
    return
  fi
  (( $#commands )) && _describe command commands
  if [[ -n $names ]]; then
    local -a found
    found=("\${(@f)$(command tokens __complete $names "\${server[@]}" 2>/dev/null)}")
    compadd -- "\${(@)found:#}"
  fi
}
# Works both sourced and from $fpath.
if [[ $funcstack[1] == _tokens ]]; then _tokens "$@"; else compdef _tokens tokens; fi
`;
}

function fish(positions: Position[]): string {
  const lines = positions.flatMap(({ path, words, options, names }) => {
    const here = `complete -c tokens -n 'test (__tokens_at) = "${path}"'`;
    return [
      ...words.map((one) => `${here} -a ${quote(one.names.join(' '))} -d ${quote(one.description)}`),
      ...(names ? [`${here} -a '(__tokens_names ${names})'`] : []),
      ...options.map((option) => {
        const kind = option.takesValue && option.names.map(kindOfOption).find((one) => one !== null);
        const value = kind ? ` -r -a '(__tokens_names ${kind})'` : option.takesValue ? ' -r' : '';
        return `${here} ${option.names.map(fishOption).join(' ')} -d ${quote(option.description)}${value}`;
      }),
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
function __tokens_names
  set -l words (commandline -opc)
  set -l server
  contains -- -- $words; and return
  for i in (seq 2 (count $words))
    switch $words[$i]
      case --server --service-account --user
        set -a server $words[$i] $words[(math $i + 1)]
      case -s
        set -a server --service-account $words[(math $i + 1)]
    end
  end
  command tokens __complete $argv[1] $server 2>/dev/null
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
