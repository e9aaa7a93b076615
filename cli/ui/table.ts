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
  /** The width to which the column may shrink. A column without it is an identifier, whose cells are never cut. */
  readonly minWidth?: number;
  /** Whether all other columns shrink before this one does. */
  readonly shrinksLast?: boolean;
  /** The next steps of the column if the minimum widths of all columns still exceed the terminal. */
  readonly whenNarrow?: readonly NarrowStep[];
  readonly color?: (row: Row, colors: Colors) => (text: string) => string;
}

/** A step towards a narrower table. The steps of all columns are taken in ascending order until the table fits. */
export interface NarrowStep {
  readonly order: number;
  /** The new minimum width of the column. 0 leaves the column out. */
  readonly width: number;
}

interface Layout<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

const gap = 2;

/**
 * Prints a table. On a terminal it is no wider than the terminal, unless its identifiers alone are, and `emptyText` takes
 * the place of an empty table. In a pipe it is a header and one tab-separated line per row, with all columns and full
 * texts, page by page.
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

/**
 * Returns the lines of a table without borders. Each is at most `maxWidth` columns wide, unless the identifiers of the rows
 * are wider.
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth: number,
  colors: Colors,
): string[] {
  const layout = layOut(columns, rows, maxWidth);
  const noBorders = { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true };
  const colWidths = layout.map(({ width }) => width + gap);
  const table = new Table({ chars: noRuleCharacters, style: noBorders, colWidths });
  table.push(layout.map(({ column, width }) => colors.bold(cut(column.head, width))));
  for (const row of rows) {
    table.push(
      layout.map(({ column, width }) => {
        const text = cut(column.fit ? sanitize(column.fit(row, width)) : briefText(column, row), width);
        return column.color ? column.color(row, colors)(text) : text;
      }),
    );
  }
  const lineWidth = Math.max(maxWidth, totalWidth(layout.map(({ width }) => width)));
  return table
    .toString()
    .split('\n')
    .map((line) => cut(line.trimEnd(), lineWidth));
}

/** Chooses the columns that are shown and their widths. */
function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], maxWidth: number): Layout<Row>[] {
  const measured = columns.map((column) => {
    const content = rows.reduce((max, row) => Math.max(max, stringWidth(briefText(column, row))), 0);
    const width = Math.max(content, stringWidth(column.head));
    return { column, width, minWidth: Math.min(width, column.minWidth ?? width), isEmpty: content === 0 };
  });
  const isTooWide = totalWidth(measured.map(({ width }) => width)) > maxWidth;
  // A column without any text gives its place to the others.
  let shown = isTooWide && rows.length > 0 ? measured.filter(({ isEmpty }) => !isEmpty) : measured;
  for (const { column, width } of narrowSteps(columns)) {
    if (totalWidth(shown.map((cell) => cell.minWidth)) <= maxWidth) break;
    shown = shown
      .filter((cell) => cell.column !== column || width > 0)
      .map((cell) => (cell.column === column ? { ...cell, minWidth: Math.min(cell.minWidth, width) } : cell));
  }
  // The rightmost columns shrink first, because the columns that identify a row are on the left.
  const shrinking = shown.toReversed().sort((one, other) => rankOf(one.column) - rankOf(other.column));
  let excess = totalWidth(shown.map((cell) => cell.width)) - maxWidth;
  const widths = new Map<Column<Row>, number>();
  for (const { column, width, minWidth } of shrinking) {
    const cutOff = Math.max(0, Math.min(excess, width - minWidth));
    excess -= cutOff;
    widths.set(column, width - cutOff);
  }
  return shown.map(({ column, width }) => ({ column, width: widths.get(column) ?? width }));
}

function rankOf({ shrinksLast = false }: Pick<Column<never>, 'shrinksLast'>): number {
  return shrinksLast ? 1 : 0;
}

function narrowSteps<Row>(columns: readonly Column<Row>[]) {
  return columns
    .flatMap((column) => (column.whenNarrow ?? []).map((step) => ({ column, ...step })))
    .sort((one, other) => one.order - other.order);
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap, -gap);
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
