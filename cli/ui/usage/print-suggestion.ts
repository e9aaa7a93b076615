import type { Suggestion } from '../../../shared/schemas/tokens/suggestion.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { shellWord, tokenCommand } from '../command-line.ts';
import { note } from '../notes.ts';
import { type Column, printTable } from '../table.ts';

interface Row {
  option: string;
  rule: string;
  uses: number;
}

/** Prints the suggested rules, how many uses each covers, which rules are left out and, unless `--apply` sets them, the command that does. */
export async function printSuggestion(
  ctx: Context,
  options: GlobalOptions & { apply?: boolean },
  token: Token,
  suggestion: Suggestion,
): Promise<void> {
  const rows = rowsOf(suggestion);
  if (rows.length > 0) await printTable(ctx, options, columns, [rows]);
  for (const { rule, reason } of suggestion.omitted) {
    await note(ctx, options, `No rule for ${ruleNames[rule] ?? rule}: ${reasons[reason] ?? reason}.`);
  }
  if (rows.length === 0) return note(ctx, options, 'The recorded uses suggest no rule.');
  await note(ctx, options, 'The counts include uses before the period.');
  if (options.apply) return;
  const words = rows.map(({ option, rule }) => (rule === '' ? option : `${option} ${shellWord(rule)}`));
  if (token.enforce === false) words.push(...removalsFor(suggestion));
  await note(ctx, options, 'To set these rules:');
  await ctx.stdout.write(`${tokenCommand('edit', token, words.join(' '))}\n`);
}

/** Returns the options that remove the rules which are not suggested. */
function removalsFor({ apps, read_only, allow, networks }: Suggestion): string[] {
  return [
    ...(apps === null ? ['--any-app'] : []),
    ...(read_only ? [] : ['--no-read-only']),
    ...(allow === null ? ['--allow-all'] : []),
    ...(networks === null ? ['--from-anywhere'] : []),
  ];
}

const columns: Column<Row>[] = [
  { head: 'OPTION', text: ({ option }) => option },
  { head: 'RULE', text: ({ rule }) => rule, minWidth: 20 },
  { head: 'USES', text: ({ uses }) => String(uses), brief: ({ uses }) => uses.toLocaleString('en') },
];

function rowsOf({ apps, read_only, allow, networks, covers }: Suggestion): Row[] {
  const usesOf = (rule: string) => covers.find((covered) => covered.rule === rule)?.uses ?? 0;
  const rows = (option: string, rules: readonly string[] | null) =>
    (rules ?? []).map((rule) => ({ option, rule, uses: usesOf(rule) }));
  return [
    ...rows('--app', apps),
    ...(read_only ? [{ option: '--read-only', rule: '', uses: usesOf('read_only') }] : []),
    ...rows('--allow', allow),
    ...rows('--from', networks),
  ];
}

/** A daemon may know rules and reasons that this program does not. */
const ruleNames: Readonly<Record<string, string>> = {
  apps: 'apps',
  read_only: 'methods',
  allow: 'methods and paths',
  networks: 'networks',
};

const reasons: Readonly<Record<string, string>> = {
  'no-app': 'some requests were for no app',
  'deleted-app': 'an app that was used no longer exists',
  'unknown-method': 'the proxy did not send the method of some requests',
  'unknown-path': 'the proxy did not send the path of some requests',
  'ambiguous-path': 'a path was used that rules deny, such as one with “//” or “..”, or one that is too long',
  'unknown-network': "the proxy did not send the client's address of some requests",
  'too-many': 'there are too many values',
  'present-rule': 'the present rule is narrower',
};
