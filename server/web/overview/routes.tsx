import { Hono } from 'hono';
import { readsEverything } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { countTokens } from '../tokens/list/attention.ts';
import { MemberOverviewPage, ReaderOverviewPage } from './overview-page.tsx';
import { overviewPath } from './overview-paths.ts';

type OverviewPagesDeps = Pick<AppDeps, 'tokens' | 'usage' | 'users' | 'overviews' | 'setUp' | 'deadLetters' | 'clock'>;

/** The days of the chart. */
const shownDays = 30;

/** The page `/overview`, which members see after they signed in. */
export function overviewPages({ tokens, usage, users, overviews, setUp, deadLetters, clock }: OverviewPagesDeps) {
  return new Hono<AppEnv>().get(overviewPath, async (c) =>
    c.render(readsEverything(c.get('caller')) ? await readerPage(c) : await memberPage(c)),
  );

  async function readerPage(c: AppContext) {
    const caller = c.get('caller');
    const parts = {
      overview: await overviews.overview(caller),
      remaining: caller.user.superuser ? await setUp.remaining(caller) : new Set<never>(),
      deadLetters: await deadLetters.summary(caller),
      counts: await countTokens(tokens, c, {}),
    };
    return <ReaderOverviewPage {...parts} now={clock.now()} />;
  }

  async function memberPage(c: AppContext) {
    const caller = c.get('caller');
    const parts = {
      counts: await countTokens(tokens, c, {}),
      days: await usage.ofOwn(caller, shownDays),
      superusers: caller.user.canManageTokens ? [] : await users.superusers(),
    };
    return <MemberOverviewPage {...parts} now={clock.now()} />;
  }
}
