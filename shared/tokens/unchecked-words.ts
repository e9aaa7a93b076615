import type { NotChecked } from '../schemas/tokens/request-tests.ts';

const conditions: Readonly<Record<NotChecked, string>> = {
  app: 'it is for an app that the token may be used for',
  group: 'the owner is in a group of its app',
  network: 'it comes from a network that the token may be used from',
};

const names: Readonly<Record<NotChecked, string>> = {
  app: 'Apps',
  group: 'Groups of the app',
  network: 'Networks',
};

/** Returns the conditions under which a tested request is allowed, as in “Allowed, if …”. */
export function conditionsOf(notChecked: readonly NotChecked[]): string {
  return new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(notChecked.map((part) => conditions[part]));
}

/** Returns the rules that a test did not check, as in “Not checked: Apps, Networks”. */
export function namesOfUnchecked(notChecked: readonly NotChecked[]): string {
  return notChecked.map((part) => names[part]).join(', ');
}
