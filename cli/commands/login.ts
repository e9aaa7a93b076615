import { type Command, Option } from 'commander';
import type { Api } from '../api/client.ts';
import { isObject, notTokensd, problemOf, receive, unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions, Prompts } from '../context.ts';
import { type ChosenStore, chooseStore } from '../credentials/choose.ts';
import { sessionFromEnvironment } from '../credentials/env.ts';
import { sessionAccount } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import { promptsIfInteractive } from '../input/ask.ts';
import { readSecret } from '../input/read-stdin.ts';
import {
  type Config,
  configDirectory,
  emptyConfig,
  readConfig,
  rememberServer,
  type ServerEntry,
} from '../session/config-file.ts';
import { openApi, openNetwork, openStore } from '../session/connect.ts';
import { parseServerUrl, type Server } from '../session/server-url.ts';
import { note } from '../ui/notes.ts';
import { plain } from '../ui/plain.ts';

export interface LoginOptions extends GlobalOptions {
  email?: string;
  passwordStdin?: boolean;
  sso?: boolean;
  browser?: boolean;
  credentialStore?: string;
  insecureHttp?: boolean;
}

interface NewSession {
  readonly secret: string;
  readonly email: string;
}

export function registerLogin(program: Command, ctx: Context, run = runLogin): void {
  program
    .command('login')
    .argument('[url]', 'Address of the server')
    .summary('Sign in to a server')
    .description(
      'Sign in in your browser, or with e-mail and password. The session is kept in the OS keychain, the server is remembered.',
    )
    .option('--email <email>', 'Sign in with this e-mail address and a password')
    .option(
      '--password-stdin',
      'Read the password from standard input, and a two-step code from a second line (needs --email)',
    )
    .addOption(new Option('--sso', 'Sign in through single sign-on, in your browser').conflicts('email'))
    .addOption(new Option('--no-browser', 'Show a code to approve in a browser on any machine').conflicts('email'))
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
  requireWay(options, prompts);
  const config = await readOrReplace(ctx, options);
  const server = await askServer(ctx, url, options, config, prompts);
  const api = await openApi(ctx, options, server, null);
  await requireTokensd(api);
  const store = await chooseStore(ctx, options.credentialStore, prompts);
  const email = options.email ?? (await askEmail(options, prompts));
  const session =
    email === null
      ? await signInOnWeb(ctx, options, server)
      : await signInWithPassword(ctx, options, { api, email, prompts });
  await keep(ctx, options, server, store, session);
  await note(ctx, options, `Signed in to ${server.url} as ${plain(session.email)}.`);
  if (sessionFromEnvironment(ctx) !== null) {
    await note(ctx, options, 'TOKENS_SESSION is set and wins over this session. Unset it to use this one.');
  }
}

/** Without a terminal nothing can be asked, so the way must be said. */
function requireWay({ passwordStdin, sso, browser }: LoginOptions, prompts: Prompts | null): void {
  if (prompts || passwordStdin || sso || browser === false) return;
  throw localError(
    'usage',
    'There is no terminal to ask on. Use --email E --password-stdin, or --no-browser to approve a code in a browser.',
  );
}

/** Null: by way of a browser. */
async function askEmail({ sso, browser }: LoginOptions, prompts: Prompts | null): Promise<string | null> {
  if (sso || browser === false || !prompts) return null;
  return (await prompts.optionalText('E-mail (or just Enter to sign in in your browser)')).trim() || null;
}

/** In the browser of this machine, or where there is none, by a code to approve in any. */
async function signInOnWeb(ctx: Context, options: LoginOptions, server: Server): Promise<NewSession> {
  const [{ discover }, send] = await Promise.all([import('../sign-in/discover.ts'), openNetwork(ctx, options, server)]);
  const as = await discover(send, server);
  if (options.sso && as.ssoLogin === null) {
    throw localError('usage', 'This server has no single sign-on. Run `tokens login` without --sso.');
  }
  const secret =
    (options.browser === false
      ? null
      : await (await import('../sign-in/by-browser.ts')).signInByBrowser(ctx, options, as, send)) ??
    (await (await import('../sign-in/by-device.ts')).signInByDevice(ctx, options, server, as, send));
  const api = await openApi(ctx, options, server, `Bearer ${secret}`);
  const { email } = await unwrap(api.me.$get());
  if (typeof email !== 'string') throw notTokensd();
  return { secret, email };
}

interface PasswordSignIn {
  api: Api;
  email: string;
  prompts: Prompts | null;
}

async function signInWithPassword(
  ctx: Context,
  options: LoginOptions,
  { api, email, prompts }: PasswordSignIn,
): Promise<NewSession> {
  const [password = '', code] = options.passwordStdin
    ? await readPasswordAndCode(ctx)
    : [await ask(prompts, 'secret', 'Password')];
  const signIn = (more: { code?: string }) => unwrap(api.sessions.$post({ json: { email, password, ...more } }));
  const created = await signIn(code === undefined ? {} : { code }).catch(async (error: unknown) => {
    if (!prompts || code !== undefined || !hasCode(error, 'totp-required')) throw error;
    return signIn({ code: await prompts.text('Code of your authenticator app, or a recovery code') });
  });
  if (typeof created.secret !== 'string' || !isObject(created.user)) throw notTokensd();
  return { secret: created.secret, email: created.user.email };
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
  // 404 is a daemon's answer at the address of a page.
  if (!isDaemon) throw answer.status >= 400 && answer.status !== 404 ? problemOf(answer) : notTokensd();
}

/** The password, and maybe the code of the second step on a line of its own. */
async function readPasswordAndCode(ctx: Context): Promise<string[]> {
  return (await readSecret(ctx)).split(/\r?\n/, 2);
}

/** Keeps the session and remembers the server; if that fails, the session is ended again. */
async function keep(
  ctx: Context,
  options: LoginOptions,
  server: Server,
  store: ChosenStore,
  session: NewSession,
): Promise<void> {
  const entry = {
    ...server,
    email: session.email,
    credentialStore: store.name,
    // Whoever got this far over plain http has accepted it, now or before.
    insecureHttp: server.url.startsWith('http:'),
  };
  try {
    await store.set(sessionAccount(server), session.secret);
    const before = await rememberServer(configDirectory(ctx), entry);
    // A session in a place that is not looked at any more must not stay there.
    if (before && before.credentialStore !== store.name) await forget(ctx, before);
  } catch (error) {
    const api = await openApi(ctx, options, server, `Bearer ${session.secret}`);
    await unwrap(api.sessions.current.$delete()).catch(() => undefined);
    throw error;
  }
}

async function forget(ctx: Context, { credentialStore, host }: ServerEntry): Promise<void> {
  const left = await openStore(ctx, credentialStore).catch(() => null);
  await left?.delete(sessionAccount({ host })).catch(() => undefined);
}
