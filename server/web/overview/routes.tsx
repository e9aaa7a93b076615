import { Hono } from 'hono';
import type { AppDeps, AppEnv } from '../../http/context.ts';
import { OverviewPage } from './overview-page.tsx';
import { overviewPath } from './overview-paths.ts';

type OverviewPagesDeps = Pick<AppDeps, 'tokens' | 'deadLetters' | 'clock'>;

/** The page `/organization/overview`: the report on tokens. */
export function overviewPages({ tokens, deadLetters, clock }: OverviewPagesDeps) {
  return new Hono<AppEnv>().get(overviewPath, async (c) => {
    const caller = c.get('caller');
    const report = await tokens.report(caller);
    return c.render(<OverviewPage report={report} deadLetters={await deadLetters.summary(caller)} now={clock.now()} />);
  });
}
