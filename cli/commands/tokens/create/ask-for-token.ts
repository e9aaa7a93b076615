import type { Command } from 'commander';
import type { Api } from '../../../api/client.ts';
import { listApps } from '../../../api/find/find-app.ts';
import type { Context } from '../../../context.ts';
import { CliError } from '../../../errors.ts';
import { parseExpiry } from '../../../input/parse-time.ts';
import { commandLine, shellWord } from '../../../ui/command-line.ts';

const anyApp = 'any app';

/** The options of `tokens create` that the questions fill in. */
interface Askable {
  expires?: string;
  app?: string[];
}

/** Asks for the name, the expiry and the app of a new token, unless `given` has them. */
export async function askForToken<Given extends Askable>(
  ctx: Context,
  api: Api,
  given: Given,
): Promise<{ name: string; options: Given & Askable }> {
  const prompts = await ctx.prompts();
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

function checkName(text: string): string | null {
  return text.trim() === '' ? 'Enter a name.' : null;
}

function checkExpiry(text: string): string | null {
  try {
    parseExpiry(text.trim());
    return null;
  } catch (error) {
    if (error instanceof CliError) return error.message;
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
