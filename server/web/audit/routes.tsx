import { Hono } from 'hono';
import pLimit from 'p-limit';
import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import { readsEverything } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { auditObject } from '../../http/representations.ts';
import { ActivityPage } from './activity-page.tsx';
import { csv, type DownloadFormat, json, streamEvents } from './audit-download.ts';
import { activityFields, type FilterValues, isFiltered, readAuditFilter } from './audit-filter.ts';
import { AuditPage, NewEventsPage } from './audit-page.tsx';
import { activityPath, auditPath } from './audit-paths.ts';
import { EventPage } from './event-page.tsx';
import { type LinkedDeps, pagesOfEvent } from './pages-of-event.ts';

/** Routes of `/organization/audit`, of its events and its downloads, and of `/profile/activity`. */
export function auditPages(deps: Pick<AppDeps, 'audit' | 'clock' | 'log' | 'config'> & LinkedDeps) {
  const { audit, clock, log, config } = deps;
  // Downloads go first in the queue of audit lists. Only one of them reads at a time, so that other lists get their turns.
  const oneAtATime = pLimit(1);

  /** Responds with the filtered events as a file. */
  async function download(
    c: AppContext,
    format: (publicUrl: string) => DownloadFormat,
    extension: string,
    type: string,
  ): Promise<Response> {
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
    return c.body(await streamEvents(read, format(config.publicUrl), abort), 200, {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="audit-${date}.${extension}"`,
    });
  }

  /** Shows one page of the log, or the message of a filter that the log refuses. */
  async function showLog(c: AppContext): Promise<Response> {
    const caller = c.get('caller');
    const { values, filter, errors } = readAuditFilter(c);
    const refuse = (errors: Partial<FilterValues>) =>
      c.render(<AuditPage values={values} errors={errors} events={[]} nextCursor={null} last={null} />, 400);
    if (Object.keys(errors).length > 0) return refuse(errors);
    const cursor = c.req.query('cursor');
    const isStart = cursor === undefined && Object.keys(filter).length === 0;
    try {
      // Read the last event before the list. Otherwise an event that comes in between would be missing from the list and from the
      // new events.
      const last = isStart ? await audit.lastInOrder(caller) : null;
      const page = await readPage({ ...filter, cursor }, (query) => audit.list(caller, query), itself);
      const shown = { values, errors, events: page.items, nextCursor: page.next_cursor };
      return c.render(<AuditPage {...shown} last={last} />);
    } catch (error) {
      const refused = filterErrors(error, values);
      if (refused === null) throw error;
      return refuse(refused);
    }
  }

  /** Shows one page of the caller's own events, or the messages of fields that were refused. */
  async function showActivity(c: AppContext): Promise<Response> {
    const caller = c.get('caller');
    const { values, filter, errors } = readAuditFilter(c, activityFields);
    if (Object.keys(errors).length > 0) {
      return c.render(<ActivityPage values={values} errors={errors} events={[]} nextCursor={null} />, 400);
    }
    const own = { ...filter, user: caller.user.id, cursor: c.req.query('cursor') };
    const page = await readPage(own, (query) => audit.list(caller, query), itself);
    return c.render(<ActivityPage values={values} errors={errors} events={page.items} nextCursor={page.next_cursor} />);
  }

  /**
   * Returns the events after one that the page showed. @throws ProblemError `event-not-found`, and `invalid-fields` with a filter, because new
   * events are not filtered
   */
  async function newEvents(c: AppContext, after: string | null) {
    if (isFiltered(readAuditFilter(c).values)) {
      throw new ProblemError('invalid-fields', 'New events cannot be filtered. Open Audit, and filter the log there.');
    }
    const events = audit.listInOrder(c.get('caller'), { after, limit: maxNew + 1 });
    return events.catch((error: unknown) => {
      if (!(error instanceof ProblemError) || error.code !== 'event-not-found') throw error;
      throw new ProblemError(
        'event-not-found',
        'The event that these new events follow is not in the log. Open Audit again.',
      );
    });
  }

  return new Hono<AppEnv>()
    .get(auditPath, async (c) => {
      const after = c.req.query('after');
      if (after === undefined) return showLog(c);
      const found = await newEvents(c, after || null);
      const events = found.slice(0, maxNew);
      const last = events.at(-1)?.id ?? after;
      return c.render(<NewEventsPage events={events.reverse()} more={found.length > maxNew} last={last} />);
    })
    .get(`${auditPath}.csv`, (c) => download(c, csv, 'csv', 'text/csv; charset=utf-8; header=present'))
    .get(`${auditPath}.json`, (c) => download(c, json, 'json', 'application/json'))
    .get(`${auditPath}/new.json`, async (c) => {
      const after = c.req.query('after') || null;
      const found = await newEvents(c, after);
      return c.json({ count: Math.min(found.length, maxNew), more: found.length > maxNew });
    })
    .get(`${auditPath}/:id`, async (c) => {
      const caller = c.get('caller');
      const event = await audit.find(caller, c.req.param('id'));
      const address = `${config.publicUrl}${auditPath}/${event.id}`;
      const pages = await pagesOfEvent(deps, c, event);
      return c.render(<EventPage event={event} address={address} pages={pages} readsAll={readsEverything(caller)} />);
    })
    .get(activityPath, showActivity);
}

/** How many new events are shown at once. */
const maxNew = 200;

const itself = <T,>(event: T) => event;

/** Returns the messages of a problem that is about fields of the filter, or null. */
function filterErrors(error: unknown, values: FilterValues): Partial<FilterValues> | null {
  if (!(error instanceof ProblemError) || error.code !== 'invalid-fields') return null;
  const errors = (error.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail] as const);
  const ofFilter = errors.filter(([name]) => name in values);
  return ofFilter.length === 0 ? null : Object.fromEntries(ofFilter);
}

/** @throws ProblemError `invalid-fields` */
function requireValidFilter(messages: Partial<Record<string, string>>): void {
  const errors = Object.entries(messages).map(([name, detail = '']): FieldError => ({ pointer: `?${name}`, detail }));
  if (errors.length === 0) return;
  throw new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}
