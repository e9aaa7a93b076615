import type { Token } from '../../../shared/schemas/tokens/tokens.ts';

/** Describes the rules of a token, one entry per line. A daemon of the previous release knows no rules. */
export function ruleLines(token: Partial<Token>): Array<readonly [label: string, value: string]> {
  const { apps = null, read_only = false, allow = null, networks = null, enforce = true } = token;
  const lines = [
    ...entries('App', apps),
    ...(read_only ? [['Methods', 'only those that change nothing'] as const] : []),
    ...entries('Allowed', allow),
    ...entries('From', networks),
  ];
  return enforce ? lines : [...lines, ['Rules applied', 'no, they only count what they would deny']];
}

function entries(label: string, values: readonly string[] | null): Array<readonly [string, string]> {
  if (values === null) return [];
  return values.length === 0 ? [[label, 'none']] : values.map((value) => [label, value] as const);
}
