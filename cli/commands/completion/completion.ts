import { Argument, type Command } from 'commander';
import type { Context } from '../../context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export function registerCompletion(program: Command, ctx: Context, run = runCompletion): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'Your shell').choices(shells))
    .summary('Print a script that completes commands in your shell')
    .description('Print a script that completes commands and options. Load it where your shell starts.')
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  $ tokens completion bash > ~/.local/share/bash-completion/completions/tokens',
        "  $ echo 'source <(tokens completion zsh)' >> ~/.zshrc   # below compinit",
        '  $ tokens completion fish > ~/.config/fish/completions/tokens.fish',
      ].join('\n'),
    )
    .action((shell: (typeof shells)[number], _options, command: Command) => run(ctx, shell, rootOf(command)));
}

async function runCompletion(ctx: Context, shell: (typeof shells)[number], program: Command): Promise<void> {
  const { completionScript } = await import('./script.ts');
  await ctx.stdout.write(completionScript(shell, program));
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}
