import { type Command, Option } from 'commander';
import type { Api } from '../../api/client.ts';
import { isObject, notTokensd, problemOf, readResponse } from '../../api/responses.ts';
import type { Context, GlobalOptions, Prompts } from '../../context.ts';
import { chooseStore } from '../../credentials/choose-store.ts';
import { sessionFromEnvironment } from '../../credentials/environment.ts';
import { hasKey } from '../../credentials/management-key.ts';
import { hasCode, localError } from '../../errors.ts';
import { promptsIfInteractive } from '../../input/ask.ts';
import { type Config, configDirectory, emptyConfig, readConfig } from '../../session/config-file.ts';
import { openApi, openNetwork } from '../../session/connect.ts';
import { saveSession } from '../../session/save-session.ts';
import { parseServerUrl, type Server } from '../../session/server-url.ts';
import { signInWithPassword } from '../../sign-in/by-password.ts';
import { refusesPasswords } from '../../sign-in/discover.ts';
import { signInOnWeb } from '../../sign-in/on-web.ts';
import { note, warn } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface LoginOptions extends GlobalOptions {
  email?: string;
  passwordStdin?: boolean;
  sso?: boolean;
  browser?: boolean;
  credentialStore?: string;
  insecureHttp?: boolean;
  header?: string[];
}

export function defineLogin(command: Command, ctx: Context): void {
  command
    .argument('[url]', 'Address of the server')
    .description(
      'Sign in to a server in your browser, or with an email address and password. Remembers the server, and stores the session in the OS keychain or, without one, in a file that only you can read.',
    )
    .option('--email <email>', 'Email address, to sign in with a password')
    .option(
      '--password-stdin',
      'Read the password from standard input, and a two-factor code from a second line (needs --email)',
    )
    .addOption(new Option('--sso', 'Sign in with single sign-on in your browser').conflicts('email'))
    .addOption(new Option('--no-browser', 'Print a code to approve in a browser on any machine').conflicts('email'))
    .option(
      '--credential-store <store>',
      'Where to store the session: keychain or file (default: TOKENS_CREDENTIAL_STORE, else the keychain if there is one)',
    )
    .option('--insecure-http', 'Allow http:// to another machine')
    .option(
      '--header <field>',
      'Header field for a gateway in front of the server; stored like the session (repeatable)',
      (field: string, fields: string[] = []) => [...fields, field],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens login https://tokens.example.com\n  $ tokens login --email ada@example.com --password-stdin < password.txt\n  $ tokens login https://tokens.example.com --header "CF-Access-Client-Id: $ID" --header "CF-Access-Client-Secret: $SECRET"',
    )
    .action((url: string | undefined, _options, command: Command) => runLogin(ctx, url, command.optsWithGlobals()));
}

async function runLogin(ctx: Context, url: string | undefined, options: LoginOptions): Promise<void> {
  if (options.passwordStdin && options.email === undefined) {
    throw localError('usage', '--password-stdin needs --email.');
  }
  const prompts = await promptsIfInteractive(ctx);
  requireMethod(options, prompts);
  const config = await readOrReplaceConfig(ctx, options);
  const server = await findLoginServer(ctx, url, options, config, prompts);
  const api = await openApi(ctx, options, server, null);
  await requireTokensd(api);
  const { store, storeNote } = await chooseStore(ctx, options.credentialStore);
  const email = await chooseEmail(ctx, options, server, prompts);
  const session =
    email === null
      ? await signInOnWeb(ctx, options, server)
      : await signInWithPassword(ctx, { api, email, prompts, passwordStdin: options.passwordStdin });
  await saveSession(ctx, options, server, store, session);
  if (storeNote !== null) await warn(ctx, options, storeNote);
  await note(ctx, options, `Signed in to ${server.url} as ${sanitize(session.email)}.`);
  if (sessionFromEnvironment(ctx) !== null) {
    await warn(ctx, options, 'TOKENS_SESSION is set and overrides this session. Unset it to use this one.');
  }
  if (hasKey(ctx)) {
    await warn(
      ctx,
      options,
      'A management key is set in the environment and overrides this session. Unset it to use this one.',
    );
  }
}

/** Checks that there is a terminal or that the options choose how to sign in. @throws CliError `usage`. */
function requireMethod({ passwordStdin, sso, browser }: LoginOptions, prompts: Prompts | null): void {
  if (prompts || passwordStdin || sso || browser === false) return;
  throw localError(
    'usage',
    'There is no terminal to ask. Use --email EMAIL --password-stdin, or --no-browser to approve a code in a browser.',
  );
}

/** Reads the configuration. Warns of a damaged file instead of failing, because the sign-in replaces it. */
async function readOrReplaceConfig(ctx: Context, options: LoginOptions): Promise<Config> {
  return readConfig(configDirectory(ctx)).catch(async (error: unknown) => {
    if (!hasCode(error, 'damaged-file')) throw error;
    await warn(ctx, options, `warning: ${error.message} Signing in replaces it.`);
    return emptyConfig;
  });
}

/** Returns the server from the argument, `--server`, `TOKENS_SERVER` or the last sign-in, else asks. */
async function findLoginServer(
  ctx: Context,
  url: string | undefined,
  options: LoginOptions,
  config: Config,
  prompts: Prompts | null,
): Promise<Server> {
  const known = url ?? options.server ?? (ctx.env.TOKENS_SERVER || null) ?? config.current;
  const text = known ?? (await prompts?.text('Server address, such as tokens.example.com'));
  if (text === undefined) throw localError('usage', 'No server is configured. Give its URL: `tokens login URL`.');
  const { url: address } = parseServerUrl(text, true);
  const accepted = config.servers.some((entry) => entry.url === address && entry.insecureHttp);
  return parseServerUrl(text, options.insecureHttp === true || accepted);
}

/** Checks that the server rejects an anonymous request the way tokensd does. No other server may get the password. */
async function requireTokensd(api: Api): Promise<void> {
  const response = await readResponse(api.me.$get());
  const isDaemon = response.status === 401 && isObject(response.body) && response.body.code === 'not-authenticated';
  // tokensd responds with 404 if the address is that of one of its pages.
  if (!isDaemon) throw response.status >= 400 && response.status !== 404 ? problemOf(response) : notTokensd();
}

/**
 * Returns the email address for a sign-in with a password, or null to sign in with a browser. Does not ask for the address if
 * the server refuses passwords. It still tries with `--email`, because a server may accept a password set by its operator.
 */
async function chooseEmail(
  ctx: Context,
  options: LoginOptions,
  server: Server,
  prompts: Prompts | null,
): Promise<string | null> {
  const { email, sso, browser } = options;
  if (email === undefined && (sso || browser === false || !prompts)) return null;
  if (await refusesPasswords(await openNetwork(ctx, options, server), server)) {
    await note(ctx, options, email === undefined ? 'This server uses single sign-on.' : ssoInstead(server));
    return email ?? null;
  }
  return email ?? ((await prompts?.optionalText('Email (press Enter to sign in with your browser)'))?.trim() || null);
}

function ssoInstead({ url }: Server): string {
  return `This server uses single sign-on and refuses most passwords. To use it, run \`tokens login ${url}\` without --email.`;
}
