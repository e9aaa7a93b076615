import { helpTopics } from '../../../help/topic-names.ts';
import {
  fixedOptions,
  namingOptions,
  optionsWithFile,
  optionsWithList,
  optionsWithValue,
  type Position,
  pathsByMaxWords,
  pathsOf,
  quote,
  type Word,
} from '../positions.ts';

export function zsh(positions: Position[]): string {
  return `#compdef tokens
_tokens() {
  local at= count=0 given=' ' help= i list= max=0 names= option= word
  local -a before commands options server
  before=("\${(@Q)words[2,CURRENT-1]}")
  for ((i = 1; i <= $#before; i++)); do
    word=$before[i]
    case "$word" in
      --) _files; return ;;
      --server=*|--service-account=*|--user=*) server+=("\${word%%=*}" "\${word#*=}") ;;
    esac
    case "$word" in
      ${optionsWithValue(positions).join('|')})
        given+="$word "
        i=$((i + 1))
        # The value of the last option is the word that is completed.
        (( i > $#before )) && option=$word && break
        case "$word" in
          --server|--service-account|--user) server+=("$word" "$before[i]") ;;
          -s) server+=(--service-account "$before[i]") ;;
        esac
        continue ;;
      -*) given+="\${word%%=*} "; continue ;;
    esac
    case "$at/$word" in
      ${pathsOf(positions).join(' | ')}) at="$at/$word" count=0 ;;
      /help) help=1 ;;
      *) count=$((count + 1)) ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    option=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$at" in
${pathsByMaxWords(positions)
  .map(([max, paths]) => `    ${paths.map(quote).join('|')}) max=${max} ;;\n`)
  .join('')}  esac
  if [[ -n $option ]]; then
    case "$option" in
      ${optionsWithFile(positions).join('|')}) _files; return ;;
      ${optionsWithList(positions).join('|')}) list=1; compset -P '*,' ;;
    esac
    case "$at:$option" in
${positions.flatMap((position) => fixedOptions(position).map((one) => fixed(position, one))).join('')}    esac
    case "$option" in
${namingOptions(positions)
  .map(([kind, options]) => `      ${options.join('|')}) names=${kind} ;;\n`)
  .join('')}    esac
  elif [[ $PREFIX == -* ]]; then
    case "$at" in
${positions.map(({ path, options }) => `      ${quote(path)}) options=(${described(options)}) ;;\n`).join('')}    esac
    _describe -o option options
    return
  elif (( count < max )); then
    case "$at" in
${positions
  .filter(({ words, names, takesFiles }) => words.length > 0 || names !== null || takesFiles)
  .map((position) => `      ${quote(position.path)}) ${wordsOf(position)} ;;\n`)
  .join('')}    esac
  fi
  [[ -n $help && -z $at ]] && (( count < max )) && commands+=(${helpTopics.join(' ')})
  if [[ -n $list ]]; then
    # A comma that the next key removes, unless another value follows.
    compadd -qS , -- "\${commands[@]}"
  elif (( $#commands )); then
    _describe command commands
  fi
  if [[ -n $names && -z $help ]]; then
    local -a found
    found=("\${(@f)$(command tokens __complete $names "\${server[@]}" 2>/dev/null)}")
    compadd -- "\${(@)found:#}"
  fi
}
# Works both sourced and from $fpath.
if [[ $funcstack[1] == _tokens ]]; then _tokens "$@"; else compdef _tokens tokens; fi
`;
}

function described(words: Word[]): string {
  return words
    .flatMap(({ names, description }) => names.map((name) => quote(`${escaped(name)}:${escaped(description)}`)))
    .join(' ');
}

/** Escapes text for `_describe`, in which a colon begins the description. */
function escaped(text: string): string {
  return text.replaceAll(':', '\\:');
}

function fixed({ path }: Position, { names, values }: Word): string {
  const patterns = names.map((name) => quote(`${path}:${name}`)).join('|');
  return `      ${patterns}) commands=(${values.map((value) => quote(escaped(value))).join(' ')}) ;;\n`;
}

/** Returns the command that offers what can be the next argument. */
function wordsOf(position: Position): string {
  if (position.takesFiles) return '[[ -n $help ]] || _files';
  return `commands=(${described(position.words)})${namesOf(position)}`;
}

/** Returns the assignment of the kind of names that the arguments are, unless an option takes their place. */
function namesOf({ names, inPlaceOfNames }: Position): string {
  if (names === null) return '';
  if (inPlaceOfNames.length === 0) return ` names=${names}`;
  const patterns = inPlaceOfNames.map((option) => `*' ${option} '*`).join('|');
  return `; case "$given" in ${patterns}) ;; *) names=${names} ;; esac`;
}
