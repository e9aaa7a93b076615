import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import { stringify } from 'csv-stringify/sync';
import { limits } from '../../../shared/limits.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';

type ReadEvents = (page: { limit: number; before: string | null }) => Promise<AuditEvent[]>;

/** How a download looks: `text` writes one page of it, `end` is what follows the last one. */
interface Format {
  text(events: AuditEvent[], isFirst: boolean): string;
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
};

/**
 * RFC 4180 with a header line, and a byte order mark, without which spreadsheets do not read UTF-8. A cell that a
 * spreadsheet would take for a formula begins with an apostrophe.
 */
export const csv: Format = {
  text: (events, isFirst) =>
    stringify(events, {
      columns,
      header: isFirst,
      bom: isFirst,
      record_delimiter: 'windows',
      escape_formulas: true,
    }),
  end: '',
};

/** One array of the API's events, one event a line. */
export const json: Format = {
  text: (events, isFirst) => {
    const lines = events.map((event) => JSON.stringify(event)).join(',\n');
    return `${isFirst ? '[\n' : ',\n'}${lines}`;
  },
  end: '\n]\n',
};

/**
 * Every event that `read` finds, newest first, one page in memory at a time. The first page is read before this answers,
 * so that a refusal is still an answer; a failure later is left to `breakOff`, because half a file must not look whole.
 */
export async function streamEvents(
  read: ReadEvents,
  format: Format,
  breakOff: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  const pages = pagesOf(read);
  const first = await pages.next();
  async function* text() {
    try {
      for (let page = first; page.value !== undefined; page = await pages.next()) {
        yield format.text(page.value, page === first);
      }
      yield format.end;
    } catch (error) {
      breakOff(error);
    }
  }
  return ReadableStream.from(text()).pipeThrough(new TextEncoderStream());
}

/** At least one page, which may be empty; then those that hold something. */
async function* pagesOf(read: ReadEvents): AsyncGenerator<AuditEvent[], undefined> {
  let before: string | null = null;
  do {
    const events: AuditEvent[] = await read({ limit: limits.pageMaximum, before });
    if (before === null || events.length > 0) yield events;
    before = events.length < limits.pageMaximum ? null : (events.at(-1)?.id ?? null);
  } while (before !== null);
  return undefined;
}
