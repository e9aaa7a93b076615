import { Command } from 'commander';
import { type CommandEntry, commandTable } from './commands/command-table.ts';
import type { Context, GlobalOptions } from './context.ts';
import { helpFlags, versionFlags } from './flags.ts';
import { helpTopics } from './help/topic-names.ts';
import { withoutHelp, wordsOf } from './input/find-command.ts';

/** Collects the output of commander, because only the outcome decides which stream it belongs to. */
export interface HelpOutput {
  out: string;
  err: string;
}

/** Creates the tree of all commands. Uses no disk and no network. */
export async function createProgram(ctx: Context, output: HelpOutput): Promise<Command> {
  const program = bareProgram(ctx, output);
  for (const entry of entries) await addWhole(program, entry, ctx);
  return program;
}

/**
 * Creates the part of the tree that a command line needs: the command that its first word names. If the word names none, all commands
 * are in the tree, with their names and summaries only.
 */
export async function createProgramFor(argv: readonly string[], ctx: Context, output: HelpOutput): Promise<Command> {
  const program = bareProgram(ctx, output);
  const [word] = wordsOf(program, withoutHelp(program, argv) ?? argv);
  // The script for completion names every command.
  if (word === 'completion') return createProgram(ctx, output);
  const named = entries.find(({ name, alias }) => word !== undefined && (name === word || alias === word));
  if (named === undefined) for (const entry of entries) add(program, entry);
  else await addWhole(program, named, ctx);
  return program;
}

const entries: ReadonlyArray<CommandEntry & { group: string }> = Object.entries(commandTable).flatMap(([group, list]) =>
  list.map((entry) => ({ group, ...entry })),
);

function add(program: Command, { group, name, alias, summary }: (typeof entries)[number]): Command {
  const command = program.commandsGroup(group).command(name).summary(summary);
  return alias === undefined ? command : command.alias(alias);
}

async function addWhole(program: Command, entry: (typeof entries)[number], ctx: Context): Promise<void> {
  const { definitions } = await import('./commands/definitions.ts');
  const define = await definitions[entry.name]();
  define(add(program, entry), ctx);
}

/** Creates the program with its global options, without commands. */
function bareProgram(ctx: Context, output: HelpOutput): Command {
  const program = new Command('tokens')
    .description('Create, list and revoke personal API tokens')
    .version(ctx.version, versionFlags.join(', '), 'Print the version')
    .helpOption(helpFlags.join(', '), 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .option('--server <url>', 'Server to use (default: TOKENS_SERVER, else the server you signed in to)')
    .option('--json', 'Print data and errors as JSON')
    .option('--no-color', 'Print without colors')
    .option('--verbose', 'Print each request on stderr')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join('|'),
    })
    .configureOutput({
      writeOut: (text) => {
        output.out += text;
      },
      writeErr: (text) => {
        output.err += text;
      },
      getOutHelpWidth: () => ctx.stdout.columns,
      getErrHelpWidth: () => ctx.stdout.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `\nMore help: tokens help ${helpTopics.join('|')}\n\nGet started:\n  $ tokens login https://tokens.example.com\n  $ tokens create ci-pipeline --expires 90d`,
    );
  program.hook('postAction', async (_program, command) => {
    if (!ctx.stderr.isTTY || command.parent !== program || !ownersCommands.includes(command.name())) return;
    const { warnAboutExpiry } = await import('./session/expiry-warning.ts');
    await warnAboutExpiry(ctx, command.optsWithGlobals<GlobalOptions>());
  });
  return program;
}

/** The commands after which a member is warned about their tokens that end soon. */
const ownersCommands = [
  'whoami',
  'list',
  'show',
  'usage',
  'suggest',
  'test',
  'create',
  'rotate',
  'edit',
  'pause',
  'resume',
  'revoke',
];
