import type { Command } from 'commander';

/** The command that the words of a command line name. */
export interface FoundCommand {
  readonly command: Command;
  /** The names on the way to the command. */
  readonly path: readonly string[];
  /** The first word that names no command of the group `command`, and the words after it. Empty if `command` is not a group. */
  readonly unknown: readonly string[];
  /** The words after a command that is not a group. */
  readonly others: readonly string[];
}

/** Descends from `program` along the words that name commands, to the first word that names none. Skips options and their values. */
export function findCommand(program: Command, argv: readonly string[]): FoundCommand {
  const words = wordsOf(program, argv);
  let command = program;
  const path: string[] = [];
  for (const [index, word] of words.entries()) {
    const next = commandNamed(command, word);
    if (!next) {
      const rest = words.slice(index);
      return command.commands.length > 0
        ? { command, path, unknown: rest, others: [] }
        : { command, path, unknown: [], others: rest };
    }
    command = next;
    path.push(next.name());
  }
  return { command, path, unknown: [], others: [] };
}

/** Returns the words of a command line without options and the values of the global ones. Options of a command come after its name. */
export function wordsOf(program: Command, argv: readonly string[]): string[] {
  return argv.filter((_word, index) => isWord(program, argv, index));
}

/** Returns a command line without the word `help` in place of a command, or null if it has none. */
export function withoutHelp(program: Command, argv: readonly string[]): readonly string[] | null {
  let command: Command | undefined = program;
  for (const [position, word] of argv.entries()) {
    if (!isWord(program, argv, position)) continue;
    const isGroup: boolean = command === program || command.commands.length > 0;
    if (isGroup && word === 'help') return argv.toSpliced(position, 1);
    command = commandNamed(command, word);
    if (command === undefined) return null;
  }
  return null;
}

function commandNamed({ commands }: Command, word: string): Command | undefined {
  return commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function isWord(program: Command, argv: readonly string[], index: number): boolean {
  const before = program.options.find(({ long }) => long === argv[index - 1]);
  return argv[index]?.startsWith('-') === false && before?.required !== true;
}
