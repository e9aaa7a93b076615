import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { RuleFields } from '../../../../shared/schemas/rules.ts';
import type { Store } from '../../../store/store.ts';
import { readableRules } from '../rules/shown-rules.ts';
import { parseRules, problemsOfRules, storeRules } from '../rules/token-rules.ts';
import { widensRules } from '../rules/widens.ts';

/** Checks the rules in a body, except whether their apps exist. @throws ProblemError `invalid-fields` */
export function requireUsableRules({ allow = null, networks = null }: RuleFields): void {
  const problems = problemsOfRules({ allow, networks });
  if (problems.length > 0) throw invalidRules(problems);
}

/**
 * Returns the rules of a token after an edit, as they are stored. A field that is missing stays. Locks the apps that the edit
 * names. Call it in the transaction that stores the rules.
 * @throws ProblemError `invalid-fields` if an app does not exist
 */
export async function editedRules(store: Store, before: string | null, body: RuleFields): Promise<string | null> {
  const from = readableRules(before);
  return storeRules({
    apps: body.apps === undefined ? from.apps : body.apps && (await appIdsOf(store, body.apps)),
    readOnly: body.read_only === undefined ? from.readOnly : body.read_only === true,
    allow: body.allow === undefined ? from.allow : body.allow,
    networks: body.networks === undefined ? from.networks : body.networks,
    enforce: body.enforce ?? from.enforce,
  });
}

/** Locks the apps that stored rules restrict a token to, and returns those that exist. */
export async function lockAppsOf(store: Store, rules: string | null) {
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

/** Returns the IDs of apps in the order of their names, each once. */
async function appIdsOf(store: Store, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const found = await store.apps.lockByNames([...new Set(names)]);
  const ids = new Map(found.map(({ id, name }) => [name, id]));
  const unknown = names.flatMap((name, index) =>
    ids.has(name)
      ? []
      : [{ pointer: `/apps/${index}`, detail: `There is no app “${name}”. Ask a superuser to add it.` }],
  );
  if (unknown.length > 0) throw invalidRules(unknown);
  return [...new Set(names.flatMap((name) => ids.get(name) ?? []))];
}

function invalidRules(errors: FieldError[]): ProblemError {
  const detail = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ');
  return new ProblemError('invalid-fields', detail, { errors });
}
