import type { Command } from 'commander';
import { formatDuration } from '../../../../shared/times/duration.ts';
import { parseUrl } from '../../../../shared/urls.ts';
import type { Context } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { openNetwork } from '../../../session/connect.ts';
import { resolveServer } from '../../../session/find-server.ts';
import type { Server } from '../../../session/server-url.ts';
import { note } from '../../../ui/notes.ts';
import { findJobToken, type JobTokenOptions } from './job-token.ts';
import { type IssuedToken, requestToken } from './request-token.ts';

export interface ExchangeOptions extends JobTokenOptions {
  trust: string;
  audience?: string;
  out?: string;
}

export function defineExchange(command: Command, ctx: Context): void {
  command
    .description(
      'Exchange the identity token of a CI job or a pod for a short-lived token, and print its value. Needs no session. Finds the identity token itself: in GitHub Actions, in TOKENS_ID_TOKEN, or in the file that Kubernetes projects into the pod.',
    )
    .requiredOption('--trust <name>', 'Name of the trust')
    .option('--audience <text>', 'Audience to request from GitHub (default: the public URL of the server)')
    .option('--id-token-file <path>', 'File with the identity token')
    .option('--out <path>', 'Write the value to this file, which only you can read, and print nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens exchange --trust deploy-api --out "$RUNNER_TEMP/token"\n  $ TOKENS_TOKEN=$(tokens exchange --trust nightly)',
    )
    .action((_options, command: Command) => runExchange(ctx, command.optsWithGlobals()));
}

async function runExchange(ctx: Context, options: ExchangeOptions): Promise<void> {
  const { out } = options;
  if (out === undefined) return print(ctx, options, await exchange(ctx, options));
  const { withTokenFile } = await import('../../../token-file/token-file.ts');
  // Open the file first, because an identity token is accepted only once.
  const issued = await withTokenFile(ctx, out, async (file) => {
    await file.restrictMode();
    await file.proveWritable();
    const issued = await exchange(ctx, options);
    await file.replace(issued.value);
    return issued;
  });
  if (options.json) return printJson(ctx, { expires_in: issued.expiresIn, file: out });
  // A second or two have passed since the token was issued, so round up to whole minutes.
  const minutes = Math.ceil(issued.expiresIn / 60) * 60;
  const shown = minutes - issued.expiresIn <= 2 ? minutes : issued.expiresIn;
  await note(ctx, options, `Wrote a token that is valid for ${formatDuration(shown)} to the file.`);
}

async function exchange(ctx: Context, options: ExchangeOptions): Promise<IssuedToken> {
  const server = await resolveServer(ctx, options);
  const send = await openNetwork(ctx, options, server);
  const audience = async () => options.audience ?? publicUrlOf(send, server);
  const subjectToken = await findJobToken(ctx, options, audience);
  return requestToken(send, server, { trust: options.trust, subjectToken });
}

/**
 * Returns the public URL that the server names, for which GitHub then signs. Another server's URL is not accepted: a server could
 * otherwise get identity tokens that other systems accept, and use them there.
 * @throws CliError `usage`
 */
async function publicUrlOf(send: typeof fetch, server: Server): Promise<string> {
  const { discover } = await import('../../../sign-in/discover.ts');
  const { issuer } = await discover(send, server);
  if (parseUrl(issuer) !== null && new URL(issuer).origin === new URL(server.url).origin) return issuer;
  throw localError(
    'usage',
    `The server names another public URL than ${server.url}. Use its public URL as the server, or name the audience of the trust with --audience.`,
  );
}

async function print(ctx: Context, options: ExchangeOptions, { value, expiresIn }: IssuedToken): Promise<void> {
  if (options.json) return printJson(ctx, { token: value, expires_in: expiresIn });
  await ctx.stdout.write(`${value}\n`);
}

async function printJson(ctx: Context, object: object): Promise<void> {
  const { printJson } = await import('../../../ui/json.ts');
  await printJson(ctx.stdout, object);
}
