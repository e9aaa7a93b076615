import { Hono } from 'hono';
import pLimit from 'p-limit';
import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { auditObject } from '../../http/representations.ts';
import { csv, json, streamEvents } from './audit-download.ts';
import { readAuditFilter } from './audit-filter.ts';
import { AuditPage } from './audit-page.tsx';

/** `/organization/audit` and its downloads. */
export function auditPages({ audit, clock, config, log }: AppDeps) {
  const { organization } = config;
  // However many download at once, others wait for one page of theirs only.
  const inTurn = pLimit(1);

  /** The filtered events as a file. */
  async function download(c: AppContext, format: typeof csv, extension: string, type: string): Promise<Response> {
    const { filter, errors } = readAuditFilter(c);
    refuseErrors(errors);
    const read = (page: { limit: number; before: string | null }) =>
      inTurn(async () => (await audit.list(c.get('caller'), { ...filter, ...page })).map(auditObject));
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    const breakOff = (error: unknown) => {
      log.error({ err: error, request_id: c.get('requestId') }, 'A download broke off');
      c.env.incoming?.socket.destroy?.();
    };
    return c.body(await streamEvents(read, format, breakOff), 200, {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="audit-${day}.${extension}"`,
    });
  }

  return new Hono<AppEnv>()
    .get('/organization/audit', async (c) => {
      const { typed, filter, errors } = readAuditFilter(c);
      const shown = { c, organization, now: clock.now(), typed, errors };
      if (Object.keys(errors).length > 0) return c.html(<AuditPage {...shown} events={[]} nextCursor={null} />, 400);
      const cursor = c.req.query('cursor');
      const page = await readPage(
        { ...filter, cursor },
        (query) => audit.list(c.get('caller'), query),
        (event) => event,
      );
      return c.html(<AuditPage {...shown} events={page.items} nextCursor={page.next_cursor} />);
    })
    .get('/organization/audit.csv', (c) => download(c, csv, 'csv', 'text/csv; charset=utf-8; header=present'))
    .get('/organization/audit.json', (c) => download(c, json, 'json', 'application/json'));
}

/** @throws ProblemError `invalid-fields` */
function refuseErrors(errors: Partial<Record<string, string>>): void {
  const told = Object.entries(errors).map(([name, detail = '']): FieldError => ({ pointer: `?${name}`, detail }));
  if (told.length === 0) return;
  throw new ProblemError('invalid-fields', told.map(({ detail }) => detail).join(' '), { errors: told });
}
