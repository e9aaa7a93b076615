import type { Store } from '../../../store/store.ts';
import { noRules, readRules, type TokenRules } from './token-rules.ts';

type WithRules = { readonly rules: string | null };

/** What mentions apps by their IDs: rules, and the last denied request. */
type WithApps = WithRules & { readonly lastDenied?: { readonly appId: string | null } | null };

/** The names of apps, by their IDs. */
export type AppNames = ReadonlyMap<string, string>;

/** Returns stored rules. Rules in a damaged row deny every request, so they are shown as those of a token without any app. */
export function readableRules(text: string | null): TokenRules {
  try {
    return readRules(text);
  } catch {
    return { ...noRules, apps: [] };
  }
}

/** Returns rules as people see them, with names of apps in place of their IDs. Leaves out apps that no longer exist. */
export function showRules({ rules }: WithRules, names: AppNames): TokenRules {
  const shown = readableRules(rules);
  return shown.apps === null ? shown : { ...shown, apps: shown.apps.flatMap((id) => names.get(id) ?? []) };
}

type NameStore = { readonly apps: Pick<Store['apps'], 'namesOf'> };

/** Returns the names of all apps that the rules and the last denied requests of these tokens mention. Asks the database only if there are any. */
export async function findAppNames(store: NameStore, tokens: readonly WithApps[]): Promise<AppNames> {
  return namesOfApps(
    store,
    tokens.flatMap(({ rules, lastDenied }) => [...(readableRules(rules).apps ?? []), lastDenied?.appId ?? []].flat()),
  );
}

/** Returns the names of the apps with these IDs. Asks the database only if there are any. */
export async function namesOfApps(store: NameStore, ids: readonly string[]): Promise<AppNames> {
  return ids.length === 0 ? new Map() : store.apps.namesOf([...new Set(ids)]);
}
