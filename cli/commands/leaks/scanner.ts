import { Argument, type Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { repeated } from '../../input/repeated.ts';
import { checkPrefixes, findServer, prefixesOf } from '../../scan/prefixes.ts';
import { type Scanner, scanners } from '../../scan/scanner-rules.ts';
import { resolveServer } from '../../session/find-server.ts';

interface ScannerOptions extends GlobalOptions {
  prefix?: string[];
}

export function defineScanner(command: Command, ctx: Context): void {
  command
    .addArgument(new Argument('<name>', 'Which scanner').choices(scanners))
    .description(
      'Print the rule by which gitleaks, trufflehog, GitHub or GitLab finds values of tokens. The command asks the server for the prefix of its values. A rule cannot check the checksum; trufflehog asks the server which values are live.',
    )
    .option('--prefix <prefix>', "Prefix of values, instead of the server's; can be repeated", repeated)
    .addHelpText('after', '\nExample:\n  $ tokens scanner gitleaks > .gitleaks.toml')
    .action((name: Scanner, _options, command: Command) => runScanner(ctx, name, command.optsWithGlobals()));
}

async function runScanner(ctx: Context, scanner: Scanner, options: ScannerOptions): Promise<void> {
  const given = checkPrefixes(options.prefix ?? []);
  const server = scanner === 'trufflehog' ? await resolveServer(ctx, options) : await findServer(ctx, options);
  const prefixes = given.length > 0 ? given : await prefixesOf(ctx, options, server);
  const { ruleFor, trufflehogRule } = await import('../../scan/scanner-rules.ts');
  const rule = scanner === 'trufflehog' ? trufflehogRule(prefixes, server?.url ?? '') : ruleFor(scanner, prefixes);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, { scanner, prefixes, rule });
  }
  await ctx.stdout.write(rule);
}
