import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import { stringify } from 'csv-stringify/sync';
import { limits } from '../../../shared/limits.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import { auditPath } from './audit-paths.ts';

type ReadEvents = (page: { limit: number; before: string | null }) => Promise<AuditEvent[]>;

/** A file format: `formatPage` formats one page of events, and `end` closes the file. */
export interface DownloadFormat {
  formatPage(events: AuditEvent[], isFirst: boolean): string;
  end: string;
}

const columns = {
  id: 'id',
  at: 'at',
  'actor.kind': 'actor_kind',
  'actor.id': 'actor_id',
  'actor.email': 'actor_email',
  action: 'action',
  'target.kind': 'target_kind',
  'target.id': 'target_id',
  'target.name': 'target_name',
  ip: 'ip',
  user_agent: 'user_agent',
  // New columns come last, because programs that read the file may count its columns.
  'target.owner': 'target_owner',
  'actor.token': 'actor_token',
  url: 'url',
};

/**
 * CSV (RFC 4180) with a header line. It starts with a byte order mark, because spreadsheets otherwise misread UTF-8. Cells
 * that a spreadsheet would run as a formula get an apostrophe in front.
 */
export const csv = (publicUrl: string): DownloadFormat => ({
  formatPage: (events, isFirst) =>
    stringify(
      events.map((event) => ({ ...event, url: `${publicUrl}${auditPath}/${event.id}` })),
      {
        columns,
        header: isFirst,
        bom: isFirst,
        record_delimiter: 'windows',
        escape_formulas: true,
      },
    ),
  end: '',
});

/** A JSON array of the API's event objects, one per line. */
export const json = (): DownloadFormat => ({
  formatPage: (events, isFirst) => {
    const lines = events.map((event) => JSON.stringify(event)).join(',\n');
    return `${isFirst ? '[\n' : ',\n'}${lines}`;
  },
  end: '\n]\n',
});

/**
 * Streams all events that `read` returns, newest first, holding one page in memory. The first page is read before this
 * function returns, so its errors can still become an error response. A later error goes to `abort`, which must cut the
 * connection: otherwise a truncated file would look complete.
 */
export async function streamEvents(
  read: ReadEvents,
  format: DownloadFormat,
  abort: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  const pages = readPages(read);
  const first = await pages.next();
  async function* chunks() {
    try {
      for (let page = first; page.value !== undefined; page = await pages.next()) {
        yield format.formatPage(page.value, page === first);
      }
      yield format.end;
    } catch (error) {
      abort(error);
    }
  }
  return ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream());
}

/** Yields the first page, even if it is empty, and then every further page that has events. */
async function* readPages(read: ReadEvents): AsyncGenerator<AuditEvent[], undefined> {
  let before: string | null = null;
  do {
    const events: AuditEvent[] = await read({ limit: limits.maxPageSize, before });
    if (before === null || events.length > 0) yield events;
    before = events.length < limits.maxPageSize ? null : (events.at(-1)?.id ?? null);
  } while (before !== null);
  return undefined;
}
