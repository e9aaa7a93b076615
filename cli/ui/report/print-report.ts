import type { TokenReport } from '../../../shared/schemas/tokens/reports.ts';
import { timeAgo } from '../../../shared/times/relative-time.ts';
import { orphanedMeaning, type ReportedTokens, reportedTokens } from '../../../shared/tokens/report.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { type Column, printTable } from '../table.ts';
import { listCommand } from './list-command.ts';

/** The output names the age of older numbers. */
const oldMs = 60_000;

interface Row {
  count: number;
  meaning: string;
  /** For narrow terminals. */
  briefMeaning: string;
  command: string;
  /** Whether somebody should look at these tokens, if there are any. */
  isTrouble: boolean;
}

/** The meanings that exceed their column on a terminal of 80 columns, in fewer words. */
const briefMeanings: Readonly<Partial<Record<ReportedTokens, string>>> = {
  never_used: 'unused since creation',
  unrotated: 'not rotated in a year',
  owner_disabled: 'of disabled owners',
};

const columns: Column<Row>[] = [
  {
    head: 'COUNT',
    text: ({ count }) => String(count),
    brief: ({ count }) => count.toLocaleString('en'),
    color: ({ count, isTrouble }, colors) => (isTrouble && count > 0 ? colors.yellow : (text) => text),
  },
  {
    head: 'WHAT',
    text: ({ meaning }) => meaning,
    fit: ({ meaning, briefMeaning }, width) => (meaning.length <= width ? meaning : briefMeaning),
    minWidth: 12,
  },
  // A cut command would list something else, so this column is left out instead.
  { head: 'LIST THEM WITH', text: ({ command }) => command, whenNarrow: [{ order: 1, width: 0 }] },
];

/** Prints each count of the report with the command that lists these tokens. */
export async function printReport(ctx: Context, options: GlobalOptions, report: TokenReport): Promise<void> {
  const rows = Object.entries(reportedTokens).map(([name, { meaning, query }]) => ({
    count: report[name as ReportedTokens],
    meaning,
    briefMeaning: briefMeanings[name as ReportedTokens] ?? meaning,
    command: listCommand(query),
    isTrouble: name !== 'active',
  }));
  // An older server has neither.
  const { orphaned, as_of: asOf } = report as Partial<TokenReport>;
  if (orphaned !== undefined) {
    const command = 'tokens service-accounts list --orphaned';
    const briefMeaning = 'orphaned accounts';
    rows.push({ count: orphaned, meaning: orphanedMeaning, briefMeaning, command, isTrouble: true });
  }
  await printTable(ctx, options, columns, [rows]);
  const now = ctx.now();
  const isOld = asOf !== undefined && now.getTime() - Date.parse(asOf) >= oldMs;
  if (isOld) ctx.stderr.write(`The server counted them ${timeAgo(asOf, now)}.\n`);
}
