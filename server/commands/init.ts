import { ProblemError } from '../../shared/problem.ts';
import { createUserBodySchema } from '../../shared/schemas/accounts/users.ts';
import { type Config, readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemActor } from '../domain/caller.ts';
import { createSharedClock } from '../domain/clock.ts';
import type { StoreKey } from '../domain/machines/bootstrap.ts';
import { createServices } from '../services.ts';
import { type FirstKey, type FirstKeyOptions, readFirstKey } from './first-key.ts';
import { askEmail, askNewPassword, readStdin } from './init-questions.ts';
import { withKeyFile } from './key-file.ts';
import { openDatabase } from './open-database.ts';

export interface InitOptions extends FirstKeyOptions {
  /** Asked for on the terminal if undefined. */
  email?: string;
  name?: string;
  passwordStdin?: boolean;
  /** False: no password. */
  password?: boolean;
}

/**
 * Creates the first superuser, and the first management key if the options ask for one.
 * @throws CommandError 2 for invalid input; 5 if the email address is taken, the file exists or there is a service account; 1 if the file
 * cannot be written
 */
export async function runInit(context: Context, options: InitOptions): Promise<void> {
  const config = readConfig(context.env);
  const firstKey = readFirstKey(options);
  const email = options.email ?? (await askEmail(context));
  const person = { email, name: options.name ?? '', superuser: true, can_manage_tokens: true };
  const parsed = createUserBodySchema.safeParse(person);
  if (!parsed.success) throw new CommandError(parsed.error.issues.map((issue) => issue.message).join('\n'), 2);
  const password = await choosePassword(context, options, email);
  try {
    const user = await insertSuperuser(config, { ...parsed.data, ...(password !== null && { password }) }, firstKey);
    context.stderr.write(`${user.email} is now an Organization Superuser. ${nextStep(config, user.email, password)}\n`);
  } catch (error) {
    if (error instanceof ProblemError) throw new CommandError(error.message, error.exit);
    throw error;
  }
  if (firstKey !== null) context.stderr.write(aboutKey(firstKey));
}

/** Returns null for a superuser without a password. */
async function choosePassword(context: Context, options: InitOptions, email: string): Promise<string | null> {
  if (options.password !== false) return options.passwordStdin ? readStdin(context) : askNewPassword(context, email);
  if (!options.passwordStdin) return null;
  throw new CommandError('Give --no-password or --password-stdin, not both.', 2);
}

function nextStep({ publicUrl, passwordSignIn, oidc }: Config, email: string, password: string | null): string {
  const recover = `Get a link with: tokensd recover --email ${email}`;
  if (password === null && oidc !== null) return `Sign in with single sign-on at ${publicUrl}/login`;
  if (password === null) return `There is no password. ${recover}`;
  return passwordSignIn === 'false'
    ? `Passwords do not sign in while TOKENSD_PASSWORD_SIGN_IN is false. ${recover}`
    : `Start the daemon with tokensd serve, if it is not running. Then sign in with: tokens login ${publicUrl} --email ${email}`;
}

function aboutKey({ name, file }: FirstKey): string {
  return `${file} holds a management key of the service account ${name}. It is valid for 24 hours. Renew it with: TOKENS_KEY_FILE=${file} tokens ensure bootstrap --out ${file}\n`;
}

async function insertSuperuser(
  config: Config,
  person: ReturnType<typeof createUserBodySchema.parse>,
  firstKey: FirstKey | null,
) {
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    const services = createServices({ store, clock: createSharedClock(store.clock), config, mailQueued: () => {} });
    const { users, bootstrap } = services;
    const create = (storeKey?: StoreKey) =>
      users.createBy(systemActor, { ip: null, userAgent: null }, person, storeKey);
    if (firstKey === null) return await create();
    const { secret, storeKey } = bootstrap.begin(firstKey);
    return await withKeyFile(firstKey.file, secret.reveal(), () => create(storeKey));
  } finally {
    await store.close();
  }
}
