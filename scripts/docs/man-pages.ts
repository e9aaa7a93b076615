import type { Command, Option } from 'commander';

/** A manual page in the man(7) format, such as `tokens-create.1`. */
export interface ManPage {
  file: string;
  content: string;
}

/** Returns a page for the program, for each of its commands and for each group of commands. */
export function manPages(program: Command, version: string): ManPage[] {
  return pagesOf(program, [program.name()], version);
}

function pagesOf(command: Command, words: string[], version: string): ManPage[] {
  const inside = visibleCommands(command).flatMap((next) => pagesOf(next, [...words, next.name()], version));
  return [{ file: `${words.join('-')}.1`, content: page(command, words, version) }, ...inside];
}

function page(command: Command, words: string[], version: string): string {
  const title = words.join('-');
  const help = command.createHelp();
  const commands = visibleCommands(command);
  const global = help.visibleGlobalOptions(command);
  const above = words.slice(0, -1).join('-');
  return [
    `.TH ${quoted(title.toUpperCase())} 1 "" ${quoted(`${words[0]} ${version}`)}`,
    ...section('NAME', [`${text(title)} \\- ${text(command.summary() || command.description())}`]),
    ...section('SYNOPSIS', [`.B ${text(words.join(' '))}`, text(command.usage())]),
    ...section('DESCRIPTION', [text(command.description())]),
    ...section(
      'COMMANDS',
      commands.flatMap((next) => described(nameWithAliases(next), summaryOf(next))),
    ),
    ...section(
      'ARGUMENTS',
      command.registeredArguments.flatMap((argument) => described(argument.name(), argument.description)),
    ),
    ...section('OPTIONS', help.visibleOptions(command).flatMap(option)),
    ...section('GLOBAL OPTIONS', global.flatMap(option)),
    ...section('EXAMPLES', examplesOf(command)),
    ...section('SEE ALSO', [
      [...(above === '' ? [] : [above]), ...commands.map((next) => `${title}-${next.name()}`)]
        .map((name) => `\\fB${text(name)}\\fR(1)`)
        .join(', '),
    ]),
    '',
  ].join('\n');
}

function visibleCommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((next) => next.name() !== 'help');
}

function nameWithAliases(command: Command): string {
  return [command.name(), ...command.aliases()].join(', ');
}

function summaryOf(command: Command): string {
  return command.summary() || command.description();
}

function option({ flags, description, argChoices }: Option): string[] {
  return described(flags, argChoices === undefined ? description : `${description} (${argChoices.join(', ')})`);
}

/** Returns an entry of a list: a term, and below it what it means. */
function described(term: string, meaning: string): string[] {
  return ['.TP', `.B ${text(term)}`, text(meaning)];
}

/** Returns a section, or nothing if it is empty. */
function section(name: string, lines: string[]): string[] {
  return lines.every((line) => line === '') ? [] : [`.SH ${quoted(name)}`, ...lines];
}

/** Returns the examples from the help of the command, line by line. */
function examplesOf(command: Command): string[] {
  const written: string[] = [];
  command.configureOutput({ writeOut: (part) => written.push(part) }).outputHelp();
  const [, examples] = /\n(?:Examples?|Get started):\n([\s\S]*)$/.exec(written.join('')) ?? [];
  if (examples === undefined) return [];
  return [
    '.nf',
    ...examples
      .trimEnd()
      .split('\n')
      .map((line) => text(line.replace(/^ {2}/, ''))),
    '.fi',
  ];
}

/** Escapes text: a backslash begins an escape sequence, and a dot or quote at the beginning of a line a request. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '')
    .replaceAll(/\s*\n\s*/g, ' ');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function quoted(plain: string): string {
  return `"${text(plain).replaceAll('"', '\\(dq')}"`;
}
