import type { RuleFields } from '../../../../shared/schemas/tokens/rules.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { shellWord, tokenCommand } from '../../../ui/command-line.ts';
import { warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';

/** If the token has other rules, notes that the options for rules apply to a new token only. */
export async function noteOtherRules(
  ctx: Context,
  options: GlobalOptions,
  token: Token,
  wanted: RuleFields,
): Promise<void> {
  const fields = Object.keys(wanted) as Array<keyof RuleFields>;
  if (fields.every((field) => isSame(token[field], wanted[field]))) return;
  const command = tokenCommand('edit', token, optionsOf(wanted).join(' '));
  await warn(
    ctx,
    options,
    `${sanitize(token.name)} has other rules, which stay as they are. To change them: ${command}`,
  );
}

function isSame(present: unknown, wanted: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(Array.isArray(value) ? [...new Set(value)].sort() : value);
  return text(present) === text(wanted);
}

function optionsOf({ apps, read_only, allow, networks, enforce }: RuleFields): string[] {
  const repeated = (option: string, entries: readonly string[] | null | undefined) =>
    (entries ?? []).map((entry) => `${option} ${shellWord(entry)}`);
  return [
    ...repeated('--app', apps),
    ...(read_only ? ['--read-only'] : []),
    ...repeated('--allow', allow),
    ...repeated('--from', networks),
    ...(enforce === false ? ['--observe'] : []),
  ];
}
