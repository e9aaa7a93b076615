import { Hono } from 'hono';
import pLimit from 'p-limit';
import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { auditObject } from '../../http/representations.ts';
import { csv, type DownloadFormat, json, streamEvents } from './audit-download.ts';
import { readAuditFilter } from './audit-filter.ts';
import { AuditPage } from './audit-page.tsx';

/** Routes of `/organization/audit` and its downloads. */
export function auditPages({ audit, clock, log }: Pick<AppDeps, 'audit' | 'clock' | 'log'>) {
  // Downloads go first in the queue of audit lists. Only one of them reads at a time, so that other lists get their turns.
  const oneAtATime = pLimit(1);

  /** Responds with the filtered events as a file. */
  async function download(c: AppContext, format: DownloadFormat, extension: string, type: string): Promise<Response> {
    const { filter, errors } = readAuditFilter(c);
    requireValidFilter(errors);
    const read = (page: { limit: number; before: string | null }) =>
      oneAtATime(async () => {
        // A download that has begun must not be cut off because others wait.
        const urgent = page.before !== null;
        return (await audit.list(c.get('caller'), { ...filter, ...page }, { urgent })).map(auditObject);
      });
    const date = new Date(clock.now()).toISOString().slice(0, 10);
    const abort = (error: unknown) => {
      log.error({ err: error, request_id: c.get('requestId') }, 'audit download aborted');
      c.env.incoming?.socket.destroy?.();
    };
    return c.body(await streamEvents(read, format, abort), 200, {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="audit-${date}.${extension}"`,
    });
  }

  return new Hono<AppEnv>()
    .get('/organization/audit', async (c) => {
      const { values, filter, errors } = readAuditFilter(c);
      const shown = { now: clock.now(), values, errors };
      if (Object.keys(errors).length > 0) return c.render(<AuditPage {...shown} events={[]} nextCursor={null} />, 400);
      const cursor = c.req.query('cursor');
      const page = await readPage(
        { ...filter, cursor },
        (query) => audit.list(c.get('caller'), query),
        (event) => event,
      );
      return c.render(<AuditPage {...shown} events={page.items} nextCursor={page.next_cursor} />);
    })
    .get('/organization/audit.csv', (c) => download(c, csv, 'csv', 'text/csv; charset=utf-8; header=present'))
    .get('/organization/audit.json', (c) => download(c, json, 'json', 'application/json'));
}

/** @throws ProblemError `invalid-fields` */
function requireValidFilter(messages: Partial<Record<string, string>>): void {
  const errors = Object.entries(messages).map(([name, detail = '']): FieldError => ({ pointer: `?${name}`, detail }));
  if (errors.length === 0) return;
  throw new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}
