import type { Command } from 'commander';
import type { NameKind } from '../../session/known-names.ts';
import { kindOfArguments, kindOfOption, optionsInPlaceOfNames } from './kinds.ts';
import { areFiles, isFileOption, isListOption, valuesOf } from './values.ts';

/** A position on a command line, such as `/users/list`, and what can follow it. */
export interface Position {
  path: string;
  words: Word[];
  options: Word[];
  /** The kind of names that its arguments are. */
  names: NameKind | null;
  /** Whether its arguments are files. */
  takesFiles: boolean;
  /** How many words can follow, without options and their values. A subcommand is one. */
  maxWords: number;
  /** Options after which no names can follow. */
  inPlaceOfNames: readonly string[];
}

export interface Word {
  names: string[];
  description: string;
  /** Whether the word is an option with a value. */
  takesValue: boolean;
  /** The values of an option, if they are known. */
  values: readonly string[];
}

/** More words than anybody writes. */
const manyWords = 999;

/** Returns the positions of this command and those below it. `canonical` is the path without aliases. */
export function positionsOf(command: Command, paths: string[] = [''], canonical = ''): Position[] {
  const help = command.createHelp();
  const words = [
    ...help.visibleCommands(command).map((one) => word(namesOf(one), one.summary() || one.description())),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((choice) => word([choice], choice))),
  ];
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map((option) =>
    word([option.long ?? '', option.short ?? ''].filter(Boolean), option.description, option),
  );
  const inside = command.commands.flatMap((one) =>
    positionsOf(
      one,
      paths.flatMap((path) => namesOf(one).map((name) => `${path}/${name}`)),
      `${canonical}/${one.name()}`,
    ),
  );
  const names = kindOfArguments(canonical);
  const [maxWords, inPlaceOfNames] = [maxWordsOf(command), optionsInPlaceOfNames(canonical)];
  const takesFiles = areFiles(canonical);
  return [...paths.map((path) => ({ path, words, options, names, takesFiles, maxWords, inPlaceOfNames })), ...inside];
}

function maxWordsOf({ commands, registeredArguments }: Command): number {
  if (commands.length > 0) return 1;
  return registeredArguments.some(({ variadic }) => variadic) ? manyWords : registeredArguments.length;
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

function word(names: string[], description: string, option: { required?: boolean; argChoices?: string[] } = {}): Word {
  return {
    names,
    description,
    takesValue: option.required === true,
    values: option.argChoices ?? names.flatMap(valuesOf),
  };
}

export function pathsOf(positions: Position[]): string[] {
  return positions.map(({ path }) => path).filter(Boolean);
}

/** Returns the paths at which this many words can follow, for each number but 0. */
export function pathsByMaxWords(positions: Position[]): [maxWords: number, paths: string[]][] {
  const counts = [...new Set(positions.map(({ maxWords }) => maxWords))].filter((count) => count > 0);
  return counts.map((count) => [count, positions.filter((one) => one.maxWords === count).map(({ path }) => path)]);
}

/** Returns the options with a value. An option is the same in every command in this respect. */
export function optionsWithValue(positions: Position[]): string[] {
  const options = positions.flatMap((position) => position.options.filter(({ takesValue }) => takesValue));
  return [...new Set(options.flatMap(({ names }) => names))];
}

/** Returns the options of all positions whose value is a file. */
export function optionsWithFile(positions: Position[]): string[] {
  return optionsWithValue(positions).filter(isFileOption);
}

/** Returns the options of all positions that take several values, separated by commas. */
export function optionsWithList(positions: Position[]): string[] {
  return optionsWithValue(positions).filter(isListOption);
}

/** Returns the options of all positions whose values are names, grouped by the kind of names. */
export function namingOptions(positions: Position[]): [NameKind, string[]][] {
  const byKind = new Map<NameKind, Set<string>>();
  for (const name of optionsWithValue(positions)) {
    const kind = kindOfOption(name);
    if (kind) byKind.set(kind, (byKind.get(kind) ?? new Set()).add(name));
  }
  return [...byKind].map(([kind, names]) => [kind, [...names]]);
}

/** Returns the options of a position whose values are known. */
export function fixedOptions({ options }: Position): Word[] {
  return options.filter(({ values }) => values.length > 0);
}

/** Quotes text for all three shells. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
