import type { Command, Option } from 'commander';
import { code, codeBlock, plain, table } from './markdown.ts';

/** Returns a page that describes every command of a program, in the order of its help. */
export function commandReference(program: Command): string {
  const name = program.name();
  const commands = leavesOf(program, [name]);
  const sections = commands.map(({ words, command }) => describeCommand(words, command));
  return [
    `# Commands of ${name}`,
    `${plain(program.description())}. This page is generated from the help texts of \`${name}\`.`.replaceAll('..', '.'),
    '## Global options',
    optionsTable(visibleOptions(program)),
    ...sections,
    '',
  ].join('\n\n');
}

interface Leaf {
  words: string[];
  command: Command;
}

/** Returns every command that has no subcommands, with the words that invoke it. */
function leavesOf(command: Command, words: string[]): Leaf[] {
  if (command.commands.length === 0) return [{ words, command }];
  return command.commands.flatMap((next) => leavesOf(next, [...words, next.name()]));
}

function describeCommand(words: string[], command: Command): string {
  const options = visibleOptions(command);
  const usage = [...words, options.length > 0 ? command.usage() : command.usage().replace('[options]', '').trim()].join(
    ' ',
  );
  const aliases = command.aliases().map((alias) => code([...words.slice(0, -1), alias].join(' ')));
  const args = command.registeredArguments;
  return [
    `## ${words.join(' ')}`,
    plain(command.description()),
    codeBlock(usage.trim()),
    ...(aliases.length > 0 ? [`Alias: ${aliases.join(', ')}`] : []),
    ...(args.length > 0
      ? [
          table(
            ['argument', 'meaning'],
            args.map((argument) => [code(argument.name()), plain(argument.description)]),
          ),
        ]
      : []),
    ...(options.length > 0 ? [optionsTable(options)] : []),
    ...examplesOf(command),
  ].join('\n\n');
}

function visibleOptions(command: Command): Option[] {
  return command.options.filter((option) => !option.hidden);
}

function optionsTable(options: readonly Option[]): string {
  return table(
    ['option', 'meaning'],
    options.map((option) => [code(option.flags), plain(describeOption(option))]),
  );
}

function describeOption({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description} (${argChoices.join(', ')})`;
}

/** Returns the examples from the command's help as one code block, or an empty list if it has none. */
function examplesOf(command: Command): string[] {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => written.push(text) }).outputHelp();
  const [, examples] = /\nExamples?:\n([\s\S]*)$/.exec(written.join('')) ?? [];
  if (examples === undefined) return [];
  return [codeBlock(examples.replaceAll(/^ {2}\$ /gm, ''))];
}
