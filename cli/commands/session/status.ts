import type { Command } from 'commander';
import type { Api } from '../../api/client.ts';
import { listTokens } from '../../api/find/find-token.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { CliError, hasCode, localError } from '../../errors.ts';
import { type Connection, connect, openApi } from '../../session/connect.ts';
import { resolveServer } from '../../session/find-server.ts';
import type { Server } from '../../session/server-url.ts';
import type { Status } from '../../ui/accounts/status.ts';

export function defineStatus(command: Command, ctx: Context): void {
  command
    .description(
      'Show whether the server responds, when your session or management key ends, how far the clocks of the server and this machine differ, and which of your tokens need attention. Exit with code 4 if you have no session or it has ended, and with code 6 if the server cannot be reached or is not tokensd.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens status')
    .action((_options, command: Command) => runStatus(ctx, command.optsWithGlobals()));
}

/** The time limit for one request. People run this command to learn whether the server is down. */
const timeoutSeconds = '5';

/** Prints everything that is known, even if a request failed, and then fails itself. */
async function runStatus(surroundings: Context, options: GlobalOptions): Promise<void> {
  const TOKENS_TIMEOUT = surroundings.env.TOKENS_TIMEOUT || timeoutSeconds;
  const ctx: Context = { ...surroundings, env: { ...surroundings.env, TOKENS_TIMEOUT } };
  const server = await resolveServer(ctx, options);
  const unknown = { contact: null, ends: null, clockDifference: null, serverVersion: null, attention: null };
  let status: Status = { server: server.url, credential: 'session', ...unknown };
  const add: Add = (more) => {
    status = { ...status, ...more };
  };
  const failure = await examine(ctx, options, server, add).then(
    () => null,
    (error: unknown) => error,
  );
  const fault = faultIn(failure);
  await print(ctx, options, fault === null ? status : { ...status, contact: fault });
  // Scripts get one exit code for every failure that keeps the server from being used.
  if (fault !== null && failure instanceof CliError) throw localError('unreachable', failure.message, failure);
  if (failure !== null) throw failure;
}

/** Adds the facts that the server reported. */
type Add = (more: Partial<Status>) => void;

/** @throws CliError `not-signed-in` or `not-authenticated` if the server responds, and the credential is missing or has ended. */
async function examine(ctx: Context, options: GlobalOptions, server: Server, add: Add): Promise<void> {
  const connection = await connect(ctx, options).catch((error: unknown) => {
    if (hasCode(error, 'not-signed-in')) return error;
    throw error;
  });
  if (connection instanceof CliError) {
    // Without a credential, the response still shows that the server is tokensd.
    await ask({ api: await openApi(ctx, options, server, null), credential: 'session' }, ctx, add);
    throw connection;
  }
  const { api, credential } = connection;
  add({ credential });
  if (!(await ask(connection, ctx, add))) throw localError('not-authenticated', overOf(credential));
  // A management key acts for a service account, and the list of own tokens is for members only.
  if (credential === 'session') add({ attention: await readAttention(api, ctx.now()) });
}

/** Returns whether the credential works. */
async function ask(asked: Pick<Connection, 'api' | 'credential'>, ctx: Context, add: Add): Promise<boolean> {
  const { readStatus } = await import('../../api/read-status.ts');
  const found = await readStatus(asked, ctx.now);
  add({ contact: 'answers', ...found });
  return found.ends !== null;
}

async function readAttention(api: Api, now: Date): Promise<NonNullable<Status['attention']>> {
  const { attentionReasons } = await import('../../ui/tokens/attention.ts');
  return (await listTokens(api, {}))
    .map((token) => ({ token, reasons: attentionReasons(token, now) }))
    .filter(({ reasons }) => reasons.length > 0);
}

function overOf(credential: Status['credential']): string {
  return credential === 'key' ? 'The management key does not work.' : 'The session has ended.';
}

/** Returns why the server cannot be used, or null if the failure is another one. */
function faultIn(failure: unknown): Status['contact'] {
  if (hasCode(failure, 'unreachable')) return 'unreachable';
  if (hasCode(failure, 'unavailable')) return 'unavailable';
  return hasCode(failure, 'not-tokensd') || hasCode(failure, 'redirected') ? 'other-server' : null;
}

async function print(ctx: Context, options: GlobalOptions, status: Status): Promise<void> {
  if (!options.json) {
    const { printStatus } = await import('../../ui/accounts/status.ts');
    return printStatus(ctx, options, status);
  }
  const { printJson } = await import('../../ui/json.ts');
  return printJson(ctx.stdout, asObject(status, ctx.version));
}

function asObject(status: Status, cliVersion: string): object {
  const { server, contact, credential, ends, clockDifference, serverVersion, attention } = status;
  return {
    server,
    reachable: contact === null ? null : contact === 'answers',
    server_version: serverVersion,
    cli_version: cliVersion,
    session: credential === 'session' ? ends : null,
    key: credential === 'key' && ends !== null ? { expires_at: ends.expires_at } : null,
    clock_difference: clockDifference,
    attention: attention?.map(({ token: { id, name, prefix }, reasons }) => ({ id, name, prefix, reasons })) ?? null,
  };
}
