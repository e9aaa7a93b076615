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

export function bash(positions: Position[]): string {
  return `# bash completion for tokens
_tokens() {
  local at= breaks count=0 current given=' ' help= i joined= line max=0 name names= option= quoted start value= word words=
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
  before=("\${before[@]:1:\${#before[@]} - 2}")
  for ((i = 0; i < \${#before[@]}; i++)); do
    word=\${before[i]}
    case "$word" in
      --) compopt -o default 2>/dev/null; return ;;
      --server=* | --service-account=* | --user=*) server+=("\${word%%=*}" "\${word#*=}") ;;
    esac
    case "$word" in
      ${optionsWithValue(positions).join(' | ')})
        given+="$word "
        i=$((i + 1))
        # The value of the last option is the word that is completed.
        [[ $i == "\${#before[@]}" ]] && option=$word && break
        case "$word" in
          --server | --service-account | --user) server+=("$word" "\${before[i]}") ;;
          -s) server+=(--service-account "\${before[i]}") ;;
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
  if [[ $current == --*=* ]]; then
    option=\${current%%=*}
    value=$option=
  fi
  case "$at" in
${pathsByMaxWords(positions)
  .map(([max, paths]) => `    ${paths.map(quote).join(' | ')}) max=${max} ;;\n`)
  .join('')}  esac
  if [[ $option ]]; then
    case "$option" in
      ${optionsWithFile(positions).join(' | ')}) compopt -o default 2>/dev/null; return ;;
      ${optionsWithList(positions).join(' | ')})
        line=\${current#"$value"}
        value+=\${line%"\${line##*,}"}
        compopt -o nospace 2>/dev/null ;;
    esac
    case "$at:$option" in
${positions.flatMap((position) => fixedOptions(position).map((one) => fixed(position, one))).join('')}    esac
    case "$option" in
${namingOptions(positions)
  .map(([kind, options]) => `      ${options.join(' | ')}) names=${kind} ;;\n`)
  .join('')}    esac
  elif [[ $current == -* ]]; then
    case "$at" in
${positions.map(({ path, options }) => `      ${quote(path)}) words=${spaced(options)} ;;\n`).join('')}    esac
  elif ((count < max)); then
    case "$at" in
${positions
  .filter(({ words, names, takesFiles }) => words.length > 0 || names !== null || takesFiles)
  .map((position) => `      ${quote(position.path)}) ${wordsOf(position)} ;;\n`)
  .join('')}    esac
  fi
  [[ $help && ! $at ]] && ((count < max)) && words+=' ${helpTopics.join(' ')}'
  # bash replaces only the last piece. A piece may begin with "@", but not with the other two.
  breaks=\${COMP_WORDBREAKS//[!:=]/}
  [[ $breaks ]] && joined=\${current%"\${current##*[$breaks]}"}
  if [[ $COMP_WORDBREAKS == *@* ]]; then
    line=\${current#"$joined"}
    joined+=\${line%"\${line##*@}"}
    joined=\${joined%@}
  fi
  for word in $words; do
    word=$value$word
    [[ $word == "$current"* ]] && COMPREPLY+=("\${word#"$joined"}")
  done
  [[ $names && ! $help ]] || return
  current=\${current#"$value"}
  joined=\${joined#"$value"}
  [[ $breaks == *=* ]] && value=
  # A name is text of other people: it is quoted, and inside quotes only a harmless one is offered.
  while IFS= read -r name; do
    printf -v quoted %q "$name"
    case $current in
      [\\"\\']*) [[ $name == "\${current:1}"* && $name != *[!A-Za-z0-9._@:\\ -]* ]] && COMPREPLY+=("$name") ;;
      *) [[ $quoted == "$current"* ]] && COMPREPLY+=("$value\${quoted#"$joined"}") ;;
    esac
  done < <(command tokens __complete "$names" "\${server[@]}" 2>/dev/null)
}
complete -F _tokens tokens
`;
}

function spaced(words: Word[]): string {
  return quote(words.flatMap((one) => one.names).join(' '));
}

function fixed({ path }: Position, { names, values }: Word): string {
  const patterns = names.map((name) => quote(`${path}:${name}`)).join(' | ');
  return `      ${patterns}) words=${quote(values.join(' '))} ;;\n`;
}

/** Returns the command that offers what can be the next argument. */
function wordsOf(position: Position): string {
  if (position.takesFiles) return '[[ $help ]] || compopt -o default 2>/dev/null';
  return `words=${spaced(position.words)}${namesOf(position)}`;
}

/** Returns the assignment of the kind of names that the arguments are, unless an option takes their place. */
function namesOf({ names, inPlaceOfNames }: Position): string {
  if (names === null) return '';
  if (inPlaceOfNames.length === 0) return ` names=${names}`;
  const patterns = inPlaceOfNames.map((option) => `*' ${option} '*`).join(' | ');
  return `; case "$given" in ${patterns}) ;; *) names=${names} ;; esac`;
}
