import type { TokenRules } from '../../tokens/rules/token-rules.ts';
import type { MailText } from '../mail-content.ts';

/** Mails with more entries of a rule would be cut off by mail programs. */
const maxEntries = 10;

/** Returns what a mail says about the rules of a token, with the names of apps. */
export function ruleFacts(rules: TokenRules): Array<readonly [label: string, value: MailText]> {
  const { apps, readOnly, allow, networks, enforce } = rules;
  const facts = [
    ...listFact('Apps', apps),
    ...(readOnly ? [['Methods', 'only those that change nothing'] as const] : []),
    ...listFact('Allowed requests', allow),
    ...listFact('Networks', networks),
  ];
  if (facts.length === 0) return [['Rules', 'none']];
  return enforce ? facts : [...facts, ['Rules applied', 'no, they only count what they would deny']];
}

/** Returns the fact with the first entries of a list, which may hold untrusted text. Returns no fact for null. */
export function listFact(
  label: string,
  entries: readonly string[] | null,
): Array<readonly [label: string, value: MailText]> {
  if (entries === null) return [];
  if (entries.length === 0) return [[label, 'none']];
  const more = entries.length - maxEntries;
  // Each entry is a text of its own, because a mail cuts long ones.
  const shown = entries
    .slice(0, maxEntries)
    .flatMap((outside, index) => (index === 0 ? [{ outside }] : ['; ', { outside }]));
  return [[label, more > 0 ? [...shown, `; and ${more} more`] : shown]];
}
