import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { RuleFields } from '../../../../shared/schemas/tokens/rules.ts';
import type { AppRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { readableRules } from '../rules/shown-rules.ts';
import { parseRules, problemsOfRules, storeRules } from '../rules/token-rules.ts';
import { widensRules } from '../rules/widens.ts';

/** Checks the rules in a body, except whether their apps exist. @throws ProblemError `invalid-fields` */
export function requireUsableRules({ allow = null, networks = null }: RuleFields): void {
  const problems = problemsOfRules({ allow, networks });
  if (problems.length > 0) throw invalidRules(problems);
}

/** The rules of a token after an edit. */
export interface EditedRules {
  /** As they are stored. */
  rules: string | null;
  /** The apps that the rules restrict the token to, except those that no longer exist. The transaction holds them. */
  apps: AppRecord[];
}

/**
 * Returns the rules of a token after an edit. A field that is missing stays. Locks the apps in these rules. Call it in the
 * transaction that stores the rules.
 * @throws ProblemError `invalid-fields` if an app does not exist
 */
export async function editedRules(store: Store, before: string | null, body: RuleFields): Promise<EditedRules> {
  const from = readableRules(before);
  const apps = body.apps === undefined ? await lockAppsOf(store, before) : await lockNamedApps(store, body.apps ?? []);
  const rules = storeRules({
    apps: body.apps === undefined ? from.apps : body.apps && apps.map(({ id }) => id),
    readOnly: body.read_only === undefined ? from.readOnly : body.read_only === true,
    allow: body.allow === undefined ? from.allow : body.allow,
    networks: body.networks === undefined ? from.networks : body.networks,
    enforce: body.enforce ?? from.enforce,
  });
  return { rules, apps };
}

/** Locks the apps that stored rules restrict a token to, and returns those that exist. */
export async function lockAppsOf(store: Store, rules: string | null): Promise<AppRecord[]> {
  const { apps } = readableRules(rules);
  return apps === null || apps.length === 0 ? [] : store.apps.lockByIds(apps);
}

/** Stores which apps a token is restricted to, so that nobody deletes one by mistake. Verification reads the rules instead. */
export function linkApps(store: Store, tokenId: string, apps: ReadonlyArray<{ id: string }>): Promise<void> {
  return store.apps.setTokenApps(
    tokenId,
    apps.map(({ id }) => id),
  );
}

/** Reports whether new rules restrict a token to an app that the former ones did not name. */
export function addsApp(from: string | null, to: string | null): boolean {
  const former = readableRules(from).apps ?? [];
  return (readableRules(to).apps ?? []).some((id) => !former.includes(id));
}

/** Reports whether a change of rules allows more than before. See `widensRules`. */
export function widens(from: string | null, to: string | null): boolean {
  return widensRules(from === null ? null : parseRules(from), to === null ? null : parseRules(to));
}

/** Locks the apps with these names, and returns them in the order of the names, each once. @throws ProblemError `invalid-fields` */
async function lockNamedApps(store: Store, names: readonly string[]): Promise<AppRecord[]> {
  if (names.length === 0) return [];
  const found = await store.apps.lockByNames([...new Set(names)]);
  const apps = new Map(found.map((app) => [app.name, app]));
  const unknown = unknownApps(names, (name) => apps.has(name));
  if (unknown.length > 0) throw invalidRules(unknown);
  return [...new Set(names.flatMap((name) => apps.get(name) ?? []))];
}

/** Returns the errors of those names that no app has. */
export function unknownApps(names: readonly string[], isKnown: (name: string) => boolean): FieldError[] {
  return names.flatMap((name, index) =>
    isKnown(name) ? [] : [{ pointer: `/apps/${index}`, detail: `There is no app “${name}”. A superuser can add it.` }],
  );
}

function invalidRules(errors: FieldError[]): ProblemError {
  const detail = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ');
  return new ProblemError('invalid-fields', detail, { errors });
}
