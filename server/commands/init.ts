import { ProblemError } from '../../shared/problem.ts';
import { createUserBodySchema } from '../../shared/schemas/accounts/users.ts';
import { type Config, readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemActor } from '../domain/caller.ts';
import { createSharedClock } from '../domain/clock.ts';
import { createServices } from '../services.ts';
import { askEmail, askNewPassword, readStdin } from './init-questions.ts';
import { openDatabase } from './open-database.ts';

export interface InitOptions {
  /** Asked for on the terminal if undefined. */
  email?: string;
  name?: string;
  passwordStdin?: boolean;
}

/** Creates the first superuser. @throws CommandError 2 for invalid input, 5 if the email address is taken */
export async function runInit(context: Context, options: InitOptions): Promise<void> {
  const config = readConfig(context.env);
  const email = options.email ?? (await askEmail(context));
  const person = { email, name: options.name ?? '', superuser: true, can_manage_tokens: true };
  const parsed = createUserBodySchema.safeParse(person);
  if (!parsed.success) throw new CommandError(parsed.error.issues.map((issue) => issue.message).join('\n'), 2);
  const password = options.passwordStdin ? await readStdin(context) : await askNewPassword(context, email);
  try {
    const user = await insertSuperuser(config, { ...parsed.data, password });
    context.stderr.write(`${user.email} is now an Organization Superuser. ${nextStep(config, user.email)}\n`);
  } catch (error) {
    if (error instanceof ProblemError) throw new CommandError(error.message, error.exit);
    throw error;
  }
}

function nextStep({ publicUrl, passwordSignIn }: Config, email: string): string {
  return passwordSignIn === 'false'
    ? `Passwords do not sign in while TOKENSD_PASSWORD_SIGN_IN is false. Get a link with: tokensd recover --email ${email}`
    : `Sign in with: tokens login ${publicUrl} --email ${email}`;
}

async function insertSuperuser(config: Config, person: ReturnType<typeof createUserBodySchema.parse>) {
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    const { users } = createServices({ store, clock: createSharedClock(store.clock), config, mailQueued: () => {} });
    return await users.createBy(systemActor, { ip: null, userAgent: null }, person);
  } finally {
    await store.close();
  }
}
