import type { Command } from 'commander';
import { foldName } from '../../../../shared/names.ts';
import type { Api } from '../../../api/client.ts';
import { listApps } from '../../../api/find/find-app.ts';
import { listTokens } from '../../../api/find/find-token.ts';
import type { Context } from '../../../context.ts';
import { CliError } from '../../../errors.ts';
import type { OwnerOptions } from '../../../input/owner-options.ts';
import { parseExpiry } from '../../../input/parse-time.ts';
import { commandLine, shellWord } from '../../../ui/command-line.ts';

const anyApp = 'any app';

/** The options of `tokens create` that the questions fill in. */
interface Askable {
  expires?: string;
  app?: string[];
}

/** The options that decide which names are taken. */
interface Naming extends Pick<OwnerOptions, 'serviceAccount'> {
  ifAbsent?: boolean;
}

/** Asks for the name, the expiry and the app of a new token, unless `given` has them. */
export async function askForToken<Given extends Askable & Naming>(
  ctx: Context,
  api: Api,
  given: Given,
): Promise<{ name: string; options: Given & Askable }> {
  const prompts = await ctx.prompts();
  const taken = await takenNames(api, given);
  const owner = given.serviceAccount === undefined ? 'You already have' : 'The service account already has';
  const checkName = (text: string) => {
    if (text.trim() === '') return 'Enter a name.';
    return taken.has(foldName(text.trim())) ? `${owner} a token with this name. Choose another name.` : null;
  };
  const name = await prompts.text('Name', { check: checkName });
  const expires =
    given.expires ??
    (await prompts.text('Expires (30d, 1y, a date, or never)', { initial: '90d', check: checkExpiry }));
  const app = given.app ?? (await askForApp(ctx, api));
  return { name: name.trim(), options: { ...given, expires: expires.trim(), ...(app.length > 0 && { app }) } };
}

/** Asks for the app. Returns a list of one app, or an empty list if the token is to work for every app. */
async function askForApp(ctx: Context, api: Api): Promise<string[]> {
  const names = (await listApps(api)).map((app) => app.name);
  if (names.length === 0) return [];
  const chosen = await (await ctx.prompts()).choose('App', [anyApp, ...names]);
  return chosen === anyApp ? [] : [chosen];
}

/** Returns the folded names that the new token cannot have. The server checks them again. */
async function takenNames(api: Api, { ifAbsent, serviceAccount }: Naming): Promise<ReadonlySet<string>> {
  if (ifAbsent) return new Set();
  const owner = serviceAccount === undefined ? {} : { serviceAccount };
  const tokens = await listTokens(api, owner);
  return new Set(tokens.map((token) => foldName(token.name)));
}

function checkExpiry(text: string): string | null {
  try {
    parseExpiry(text.trim());
    return null;
  } catch (error) {
    if (error instanceof CliError) return 'Enter 30d, 1y, a date such as 2027-01-31, or never.';
    throw error;
  }
}

/** Returns the command that asks nothing and creates such a token. */
export function sameCommand(command: Command, name: string, options: object): string {
  const values: Readonly<Record<string, unknown>> = { ...options };
  const words = command.options.flatMap((option) => {
    const value = values[option.attributeName()];
    if (option.negate) return value === false ? [option.long] : [];
    if (value === true) return [option.long];
    const texts = Array.isArray(value) ? value : [value];
    return texts.flatMap((text) => (typeof text === 'string' ? [option.long, shellWord(text)] : []));
  });
  return commandLine('create', name, words.join(' '));
}
