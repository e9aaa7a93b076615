import { Argument, type Command } from 'commander';
import type { Context } from '../../context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function defineCompletion(command: Command, ctx: Context): void {
  command
    .addArgument(new Argument('<shell>', 'Your shell').choices(shells))
    .description(
      'Print a script that completes commands, options, names, files and known values. Load it when your shell starts.',
    )
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  $ tokens completion bash > ~/.local/share/bash-completion/completions/tokens',
        "  $ echo 'source <(tokens completion zsh)' >> ~/.zshrc   # after compinit",
        '  $ tokens completion fish > ~/.config/fish/completions/tokens.fish',
      ].join('\n'),
    )
    .action((shell: Shell, _options, command: Command) => runCompletion(ctx, shell, rootOf(command)));
}

async function runCompletion(ctx: Context, shell: Shell, program: Command): Promise<void> {
  const { completionScript } = await import('./script.ts');
  await ctx.stdout.write(completionScript(shell, program));
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}
