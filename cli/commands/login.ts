import type { Command } from 'commander';
import type { CreatedSession } from '../../shared/schemas/sessions.ts';
import type { Api } from '../api/client.ts';
import { isObject, notTokensd, problemOf, receive, unwrap } from '../api/unwrap.ts';
import { promptsIfInteractive } from '../ask.ts';
import {
  type Config,
  configDirectory,
  emptyConfig,
  readConfig,
  rememberServer,
  type ServerEntry,
} from '../config-file.ts';
import { openApi, openStore } from '../connect.ts';
import type { Context, GlobalOptions, Prompts } from '../context.ts';
import { type ChosenStore, chooseStore } from '../credentials/choose.ts';
import { sessionFromEnvironment } from '../credentials/env.ts';
import { sessionAccount } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import { readSecret } from '../read-stdin.ts';
import { parseServerUrl, type Server } from '../server-url.ts';
import { note } from '../ui/notes.ts';
import { plain } from '../ui/plain.ts';

export interface LoginOptions extends GlobalOptions {
  email?: string;
  passwordStdin?: boolean;
  credentialStore?: string;
  insecureHttp?: boolean;
}

export function registerLogin(program: Command, ctx: Context, run = runLogin): void {
  program
    .command('login')
    .argument('[url]', 'Address of the server')
    .summary('Sign in to a server')
    .description('Sign in with e-mail and password. The session is kept in the OS keychain, the server is remembered.')
    .option('--email <email>', 'Your e-mail address')
    .option('--password-stdin', 'Read the password from standard input (needs --email)')
    .option(
      '--credential-store <store>',
      'Keep the session in: keychain, file (default: TOKENS_CREDENTIAL_STORE, else keychain)',
    )
    .option('--insecure-http', 'Allow http:// to another machine')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens login https://tokens.example.com\n  $ tokens login --email ada@example.com --password-stdin < password.txt',
    )
    .action((url: string | undefined, _options, command: Command) => run(ctx, url, command.optsWithGlobals()));
}

async function runLogin(ctx: Context, url: string | undefined, options: LoginOptions): Promise<void> {
  if (options.passwordStdin && options.email === undefined)
    throw localError('usage', '--password-stdin needs --email.');
  const prompts = await promptsIfInteractive(ctx);
  if (!options.passwordStdin && !prompts) {
    throw localError('usage', 'There is no terminal to ask for a password on. Use --email E --password-stdin.');
  }
  const config = await readOrReplace(ctx, options);
  const server = await askServer(ctx, url, options, config, prompts);
  const api = await openApi(ctx, options, server, null);
  await requireTokensd(api);
  const store = await chooseStore(ctx, options.credentialStore, prompts);
  const email = options.email ?? (await ask(prompts, 'text', 'E-mail'));
  const password = options.passwordStdin ? await readSecret(ctx) : await ask(prompts, 'secret', 'Password');
  const created = await signIn(api, email, password);
  await keep(ctx, options, server, store, created);
  await note(ctx, options, `Signed in to ${server.url} as ${plain(created.user.email)}.`);
  if (sessionFromEnvironment(ctx) !== null) {
    await note(ctx, options, 'TOKENS_SESSION is set and wins over this session. Unset it to use this one.');
  }
}

/** Signing in is the way out of a damaged file. */
async function readOrReplace(ctx: Context, options: LoginOptions): Promise<Config> {
  return readConfig(configDirectory(ctx)).catch(async (error: unknown) => {
    if (!hasCode(error, 'damaged-file')) throw error;
    await note(ctx, options, `warning: ${error.message} It is replaced now.`);
    return emptyConfig;
  });
}

async function askServer(
  ctx: Context,
  url: string | undefined,
  options: LoginOptions,
  config: Config,
  prompts: Prompts | null,
): Promise<Server> {
  const known = url ?? options.server ?? (ctx.env.TOKENS_SERVER || null) ?? config.current;
  const text = known ?? (await ask(prompts, 'text', 'Server address (https://…)'));
  const { url: address } = parseServerUrl(text, true);
  const accepted = config.servers.some((entry) => entry.url === address && entry.insecureHttp);
  return parseServerUrl(text, options.insecureHttp === true || accepted);
}

async function ask(prompts: Prompts | null, kind: 'text' | 'secret', what: string): Promise<string> {
  if (prompts) return prompts[kind](what);
  throw localError('usage', `Missing: ${what}. There is no terminal to ask on; see \`tokens login --help\`.`);
}

/** A password goes only to a daemon that refuses strangers in its own words. */
async function requireTokensd(api: Api): Promise<void> {
  const answer = await receive(api.me.$get());
  const isDaemon = answer.status === 401 && isObject(answer.body) && answer.body.code === 'not-authenticated';
  if (!isDaemon) throw answer.status >= 400 ? problemOf(answer) : notTokensd();
}

async function signIn(api: Api, email: string, password: string): Promise<CreatedSession> {
  const created = await unwrap(api.sessions.$post({ json: { email, password } }));
  if (typeof created.secret !== 'string' || !isObject(created.user)) throw notTokensd();
  return created;
}

/** Keeps the session and remembers the server; if that fails, the session is ended again. */
async function keep(
  ctx: Context,
  options: LoginOptions,
  server: Server,
  store: ChosenStore,
  created: CreatedSession,
): Promise<void> {
  const entry = {
    ...server,
    email: created.user.email,
    credentialStore: store.name,
    // Whoever got this far over plain http has accepted it, now or before.
    insecureHttp: server.url.startsWith('http:'),
  };
  try {
    await store.set(sessionAccount(server), created.secret);
    const before = await rememberServer(configDirectory(ctx), entry);
    // A session in a place that is not looked at any more must not stay there.
    if (before && before.credentialStore !== store.name) await forget(ctx, before);
  } catch (error) {
    const api = await openApi(ctx, options, server, `Bearer ${created.secret}`);
    await unwrap(api.sessions.current.$delete()).catch(() => undefined);
    throw error;
  }
}

async function forget(ctx: Context, { credentialStore, host }: ServerEntry): Promise<void> {
  const left = await openStore(ctx, credentialStore).catch(() => null);
  await left?.delete(sessionAccount({ host })).catch(() => undefined);
}
