import { Hono } from 'hono';
import { type ReportedTokens, reportedTokens } from '../../../shared/token-report.ts';
import { reportedFilter } from '../../domain/tokens/report/report.ts';
import type { AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { formatUrl } from '../shell/page-url.ts';
import { OverviewPage } from './overview-page.tsx';
import { overviewPath, reportedTokensPath, slugOf } from './overview-paths.ts';
import { ReportedTokensPage } from './reported-tokens-page.tsx';

type OverviewPagesDeps = Pick<AppDeps, 'tokens' | 'deadLetters' | 'statusContext' | 'clock'>;

const names = Object.keys(reportedTokens) as ReportedTokens[];

/** Routes of `/organization/overview`: the report on tokens, and the list behind each of its counts. */
export function overviewPages({ tokens, deadLetters, statusContext, clock }: OverviewPagesDeps) {
  return new Hono<AppEnv>()
    .get(overviewPath, async (c) => {
      const caller = c.get('caller');
      const report = await tokens.report(caller);
      return c.render(
        <OverviewPage report={report} deadLetters={await deadLetters.summary(caller)} now={clock.now()} />,
      );
    })
    .get(`${overviewPath}/:report`, async (c) => {
      const name = names.find((one) => slugOf(one) === c.req.param('report'));
      if (name === undefined) return c.notFound();
      const cursor = c.req.query('cursor') || undefined;
      const filter = reportedFilter(name);
      const { items, next_cursor } = await readPage(
        { cursor },
        (page) => tokens.list(c.get('caller'), { ...page, ...filter, all: true }),
        (token) => token,
      );
      const pageUrl = { path: reportedTokensPath(name), query: {} };
      return c.render(
        <ReportedTokensPage
          name={name}
          tokens={items}
          nextHref={next_cursor === null ? null : formatUrl(pageUrl, { cursor: next_cursor })}
          isFirst={cursor === undefined}
          statusContext={statusContext()}
        />,
      );
    });
}
