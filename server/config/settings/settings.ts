import { z } from 'zod';
import { auditSettings } from './audit-settings.ts';
import { serverSettings } from './server-settings.ts';
import type { Setting } from './setting.ts';
import { logLevelValue } from './setting-values.ts';
import { signInSettings } from './sign-in-settings.ts';
import { ssoSettings } from './sso-settings.ts';
import { tokenSettings } from './token-settings.ts';

/** The settings of the daemon, in the order in which they are documented. */
const table = {
  ...serverSettings,
  ...tokenSettings,
  ...auditSettings,
  ...ssoSettings,
  ...signInSettings,
  TOKENSD_LOG_LEVEL: {
    schema: logLevelValue.default('info'),
    default: '`info`',
    description: '`debug`, `info`, `warn`, `error` or `silent`. The log is JSON lines on stderr.',
  },
} satisfies Record<string, Setting>;

export type Settings = z.infer<typeof settingsSchema>;

/** Parses the environment variables of the daemon. */
export const settingsSchema = z.object(schemasOf(table));

/** The name, default and description of each setting, in the order of the documentation. */
export const settings: ReadonlyArray<{ name: string; default: string; description: string }> = Object.entries(
  table,
).map(([name, { default: fallback, description }]) => ({ name, default: fallback, description }));

export const settingNames: readonly string[] = Object.keys(table);
/** The settings whose value is a list. */
export const listSettings: readonly string[] = settingNames.filter((name) => settingOf(name).isList);
/** The settings that may be empty. */
export const emptySettings: readonly string[] = settingNames.filter((name) => settingOf(name).mayBeEmpty);
/** The settings whose value can contain a secret. */
export const secretSettings: readonly string[] = settingNames.filter((name) => settingOf(name).isSecret);

function settingOf(name: string): Setting {
  return table[name as keyof typeof table];
}

function schemasOf<T extends Record<string, Setting>>(entries: T): { [Name in keyof T]: T[Name]['schema'] } {
  const schemas = Object.entries(entries).map(([name, { schema }]) => [name, schema]);
  return Object.fromEntries(schemas) as { [Name in keyof T]: T[Name]['schema'] };
}
