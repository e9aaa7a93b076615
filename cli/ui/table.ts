import Table from 'cli-table3';
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { gather, type Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { colorsFor } from './colors.ts';
import { note } from './notes.ts';
import { plain } from './plain.ts';

type Colors = ReturnType<typeof colorsFor>;

/** One column: what a row says in full and, on a terminal, how it is shortened and coloured. Texts may be untrusted. */
export interface Column<Row> {
  readonly head: string;
  readonly text: (row: Row) => string;
  /** On a terminal, instead of `text`. */
  readonly brief?: (row: Row) => string;
  /** Fits a terminal's cell into `width` better than cutting its end. */
  readonly fit?: (row: Row, width: number) => string;
  /** Where room is short, columns with this give way down to it before the others do, the right-most first. */
  readonly least?: number;
  readonly color?: (row: Row, colors: Colors) => (text: string) => string;
}

const gap = 2;

/**
 * A table no wider than the terminal; in a pipe a header and one tab-separated line a row, nothing cut, page by
 * page. `none`: said on a terminal instead of an empty table.
 */
export async function printTable<Row>(
  ctx: Context,
  options: GlobalOptions,
  columns: readonly Column<Row>[],
  pages: Pages<Row>,
  none?: string,
): Promise<void> {
  if (ctx.stdout.isTTY) {
    const rows = await gather(pages);
    if (rows.length === 0 && none !== undefined) return note(ctx, options, none);
    const lines = tableLines(columns, rows, ctx.stdout.columns, colorsFor(ctx.stdout, ctx, options));
    return ctx.stdout.write(`${lines.join('\n')}\n`);
  }
  let head = `${columns.map((column) => column.head).join('\t')}\n`;
  for await (const rows of pages) {
    await ctx.stdout.write(head + separatedLines(columns, rows));
    head = '';
  }
}

function separatedLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return rows.map((row) => `${columns.map(({ text }) => plain(text(row))).join('\t')}\n`).join('');
}

/** The lines of a table without rules, each at most `total` columns wide. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  total: number,
  colors: Colors,
): string[] {
  const widths = columnWidths(columns, rows, total);
  const none = { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true };
  const table = new Table({ chars: noRules, style: none, colWidths: widths.map((width) => width + gap) });
  table.push(columns.map(({ head }, index) => colors.bold(cut(head, widths[index] ?? 1))));
  for (const row of rows) {
    table.push(
      columns.map((column, index) => {
        const width = widths[index] ?? 1;
        const text = cut(column.fit ? plain(column.fit(row, width)) : briefly(column, row), width);
        return column.color ? column.color(row, colors)(text) : text;
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => cut(line.trimEnd(), total));
}

function columnWidths<Row>(columns: readonly Column<Row>[], rows: readonly Row[], total: number): number[] {
  const widths = columns.map((column) =>
    rows.reduce((most, row) => Math.max(most, stringWidth(briefly(column, row))), stringWidth(column.head)),
  );
  const room = total - gap * (columns.length - 1);
  const excess = () => widths.reduce((sum, width) => sum + width, 0) - room;
  for (const [index, { least }] of [...columns.entries()].reverse()) {
    const width = widths[index] ?? 0;
    if (least !== undefined && excess() > 0) widths[index] = Math.max(Math.min(width, least), width - excess());
  }
  while (excess() > 0 && Math.max(...widths) > 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function briefly<Row>(column: Column<Row>, row: Row): string {
  return plain((column.brief ?? column.text)(row));
}

/** The libraries disagree about the width of a few rare characters, so what was cut is measured again. */
function cut(text: string, width: number): string {
  let shown = text;
  for (let room = width; stringWidth(shown) > width && room > 0; room -= 1) shown = cliTruncate(text, room);
  return shown;
}

const places = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
];
const noRules = Object.fromEntries(places.map((place) => [place, '']));
