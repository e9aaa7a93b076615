import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import { stringify } from 'csv-stringify/sync';
import { limits } from '../../../../shared/limits.ts';
import type { AppContext, AppDeps } from '../../../http/context.ts';

/** A page of a list, and the cursor of the next one. */
interface Rows {
  items: ReadonlyArray<Record<string, unknown>>;
  next_cursor: string | null;
}

type ReadRows = (page: { limit: number; cursor: string | undefined }) => Promise<Rows>;

interface CsvFile {
  /** The name of the file, without the date and the extension. */
  name: string;
  /** The header of each column, by the key of its values. */
  columns: Readonly<Record<string, string>>;
}

/**
 * Responds with all pages of a list as CSV (RFC 4180) with a header line, holding one page in memory. The file starts with a byte order
 * mark, because spreadsheets otherwise misread UTF-8. Cells that a spreadsheet would run as a formula get an apostrophe in front. The first
 * page is read before this function returns, so its errors can still become an error response. A later error cuts the connection: otherwise a
 * truncated file would look complete.
 */
export async function csvResponse(
  { clock, log }: Pick<AppDeps, 'clock' | 'log'>,
  c: AppContext,
  { name, columns }: CsvFile,
  read: ReadRows,
): Promise<Response> {
  const first = await read({ limit: limits.maxPageSize, cursor: undefined });
  const format = (rows: Rows, header: boolean) =>
    stringify([...rows.items], { columns, header, bom: header, record_delimiter: 'windows', escape_formulas: true });
  async function* chunks() {
    try {
      yield format(first, true);
      for (let cursor = first.next_cursor; cursor !== null; ) {
        const page = await read({ limit: limits.maxPageSize, cursor });
        yield format(page, false);
        cursor = page.next_cursor;
      }
    } catch (error) {
      log.error({ err: error, request_id: c.get('requestId') }, 'download aborted');
      c.env.incoming?.socket.destroy?.();
    }
  }
  const date = new Date(clock.now()).toISOString().slice(0, 10);
  return c.body(ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream()), 200, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}-${date}.csv"`,
  });
}

/** Returns the entries of a list as one cell. */
export function cellOf(entries: readonly string[] | null): string {
  return (entries ?? []).join('\n');
}
