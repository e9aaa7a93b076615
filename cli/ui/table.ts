import Table from 'cli-table3';
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { gather, type Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { colorsFor } from './colors.ts';
import { note } from './notes.ts';
import { sanitize } from './sanitize.ts';

type Colors = ReturnType<typeof colorsFor>;

/** A column of a table. Its texts may be untrusted. */
export interface Column<Row> {
  readonly head: string;
  /** The full text of a cell. */
  readonly text: (row: Row) => string;
  /** A shorter text for terminals. */
  readonly brief?: (row: Row) => string;
  /** A text of at most `width` columns for terminals, for cells whose end is too important to cut off. */
  readonly fit?: (row: Row, width: number) => string;
  /** Where space is short, columns with a minimum width shrink to it first, starting with the rightmost. */
  readonly minWidth?: number;
  readonly color?: (row: Row, colors: Colors) => (text: string) => string;
}

const gap = 2;

/**
 * Prints a table. On a terminal it is no wider than the terminal, and `emptyText` takes the place of an empty table. In a
 * pipe it is a header and one tab-separated line per row, with full texts, page by page.
 */
export async function printTable<Row>(
  ctx: Context,
  options: GlobalOptions,
  columns: readonly Column<Row>[],
  pages: Pages<Row>,
  emptyText?: string,
): Promise<void> {
  if (ctx.stdout.isTTY) {
    const rows = await gather(pages);
    if (rows.length === 0 && emptyText !== undefined) return note(ctx, options, emptyText);
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
  return rows.map((row) => `${columns.map(({ text }) => sanitize(text(row))).join('\t')}\n`).join('');
}

/** Returns the lines of a table without borders, each at most `maxWidth` columns wide. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth: number,
  colors: Colors,
): string[] {
  const widths = columnWidths(columns, rows, maxWidth);
  const noBorders = { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true };
  const table = new Table({ chars: noRuleCharacters, style: noBorders, colWidths: widths.map((width) => width + gap) });
  table.push(columns.map(({ head }, index) => colors.bold(cut(head, widths[index] ?? 1))));
  for (const row of rows) {
    table.push(
      columns.map((column, index) => {
        const width = widths[index] ?? 1;
        const text = cut(column.fit ? sanitize(column.fit(row, width)) : briefText(column, row), width);
        return column.color ? column.color(row, colors)(text) : text;
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => cut(line.trimEnd(), maxWidth));
}

function columnWidths<Row>(columns: readonly Column<Row>[], rows: readonly Row[], maxWidth: number): number[] {
  const widths = columns.map((column) =>
    rows.reduce((max, row) => Math.max(max, stringWidth(briefText(column, row))), stringWidth(column.head)),
  );
  const room = maxWidth - gap * (columns.length - 1);
  const excess = () => widths.reduce((sum, width) => sum + width, 0) - room;
  for (const [index, { minWidth }] of [...columns.entries()].reverse()) {
    const width = widths[index] ?? 0;
    if (minWidth !== undefined && excess() > 0) {
      widths[index] = Math.max(Math.min(width, minWidth), width - excess());
    }
  }
  while (excess() > 0 && Math.max(...widths) > 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function briefText<Row>(column: Column<Row>, row: Row): string {
  return sanitize((column.brief ?? column.text)(row));
}

/** Cuts `text` to `width`. Measures the result again, because the libraries disagree about the width of rare characters. */
function cut(text: string, width: number): string {
  let shown = text;
  for (let room = width; stringWidth(shown) > width && room > 0; room -= 1) shown = cliTruncate(text, room);
  return shown;
}

const borderParts = [
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
const noRuleCharacters = Object.fromEntries(borderParts.map((part) => [part, '']));
