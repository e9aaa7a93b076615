import { helpTopics } from '../../../help/topic-names.ts';
import { kindOfOption } from '../kinds.ts';
import { optionsWithValue, type Position, pathsByMaxWords, pathsOf, quote, type Word } from '../positions.ts';
import { isFileOption, isListOption } from '../values.ts';

export function fish(positions: Position[]): string {
  const lines = positions.flatMap(({ path, options }) => {
    const here = `complete -c tokens -n 'test (__tokens_at options) = "${path}"'`;
    return options.map(
      (option) =>
        `${here} ${option.names.map(fishOption).join(' ')} -d ${quote(option.description)}${argumentOf(option)}`,
    );
  });
  return `# fish completion for tokens
# Prints the command, or nothing if no words or names can follow.
function __tokens_at
  set -l at ''
  set -l count 0
  set -l max 0
  set -l given
  set -l help
  set -l skipped
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    if test -n "$skipped"
      set skipped
      continue
    end
    switch $word
      case ${optionsWithValue(positions).join(' ')}
        set -a given $word
        set skipped 1
        continue
      case '-*'
        set -a given (string split -m 1 = -- $word)[1]
        continue
    end
    switch "$at/$word"
      case ${pathsOf(positions).join(' ')}
        set at "$at/$word"
        set count 0
      case /help
        set help 1
      case '*'
        set count (math $count + 1)
    end
  end
  switch "$at"
${pathsByMaxWords(positions)
  .map(([max, paths]) => `    case ${paths.map(quote).join(' ')}\n      set max ${max}\n`)
  .join('')}  end
  test $argv[1] != options -a $count -ge $max; and echo none; and return
  test $argv[1] = names -a -n "$help"; and echo none; and return
  test $argv[1] = topics; and echo "$help$at"; and return
  if test $argv[1] = names
    switch "$at"
${positions.map(withoutNames).join('')}    end
  end
  echo $at
end
function __tokens_names
  set -l words (commandline -opc)
  set -l server
  contains -- -- $words; and return
  for i in (seq 2 (count $words))
    set -l last (test $i -eq (count $words); and echo 1)
    switch $words[$i]
      case '--server=*' '--service-account=*' '--user=*'
        set -a server (string split -m 1 = -- $words[$i])
      case --server --service-account --user
        test -z "$last"; and set -a server $words[$i] $words[(math $i + 1)]
      case -s
        test -z "$last"; and set -a server --service-account $words[(math $i + 1)]
    end
  end
  command tokens __complete $argv[1] $server 2>/dev/null
end
function __tokens_next
  test (__tokens_at topics) = 1; and printf '%s\\n' ${helpTopics.join(' ')}
  switch (__tokens_at words)
${positions
  .filter(({ words }) => words.length > 0)
  .map(wordsOf)
  .join('')}  end
  switch (__tokens_at names)
${namesByKind(positions)
  .map(([kind, paths]) => `    case ${paths.map(quote).join(' ')}\n      __tokens_names ${kind}\n`)
  .join('')}  end
end
# Prints the values of a list, after those that the word has already.
function __tokens_list
  set -l before (commandline -ct | string replace -r '^--[a-z-]+=' '' | string replace -r '[^,]*$' '')
  printf '%s\\n' $before$argv
end
complete -c tokens -f -a '(__tokens_next)'
${filePaths(positions)}
${lines.join('\n')}
`;
}

/** Returns the commands that offer files where arguments are files. */
function filePaths(positions: Position[]): string {
  return positions
    .filter(({ takesFiles }) => takesFiles)
    .map(({ path }) => `complete -c tokens -n 'test (__tokens_at names) = "${path}"' -F`)
    .join('\n');
}

function wordsOf({ path, words }: Position): string {
  const pairs = words.flatMap((one) => one.names.map((name) => `${quote(name)} ${quote(one.description)}`));
  return `    case ${quote(path)}\n      printf '%s\\t%s\\n' ${pairs.join(' ')}\n`;
}

function namesByKind(positions: Position[]): [kind: string, paths: string[]][] {
  const kinds = [...new Set(positions.map(({ names }) => names))].filter((kind) => kind !== null);
  return kinds.map((kind) => [kind, positions.filter(({ names }) => names === kind).map(({ path }) => path)]);
}

function fishOption(name: string): string {
  return name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
}

/** Returns the arguments of `complete` for the possible values of an option. */
function argumentOf({ names, takesValue, values }: Word): string {
  if (!takesValue) return '';
  if (names.some(isFileOption)) return ' -r -F';
  if (names.some(isListOption)) return ` -x -a '(__tokens_list ${values.join(' ')})'`;
  if (values.length > 0) return ` -x -a ${quote(values.join(' '))}`;
  const kind = names.map(kindOfOption).find((one) => one !== null);
  return kind ? ` -x -a '(__tokens_names ${kind})'` : ' -x';
}

/** Returns the branch that offers no names if an option takes their place. */
function withoutNames({ path, inPlaceOfNames }: Position): string {
  const tests = inPlaceOfNames.map((option) => `        contains -- ${option} $given; and echo none; and return\n`);
  return tests.length === 0 ? '' : `      case ${quote(path)}\n${tests.join('')}`;
}
