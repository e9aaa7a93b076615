import { Hono } from 'hono';
import type { AppDeps, AppEnv } from '../../../http/context.ts';
import { gateRequestOf } from '../../../http/oauth/reported-request.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { type FactsDeps, factsOfToken } from '../facts-of-token.ts';
import { TokenPage } from '../token-page.tsx';
import { tokensPath } from '../token-paths.ts';
import { describedRequest, readTestForm } from './test-form.ts';

/** The form on a token's page that tests a request. It changes and records nothing. A POST keeps the path of the request out of logs. */
export function requestTestPages(deps: FactsDeps & Pick<AppDeps, 'requestTests'>) {
  const { tokens, requestTests } = deps;
  return new Hono<AppEnv>().post(`${tokensPath}/:id/test`, async (c) => {
    const caller = c.get('caller');
    const token = await tokens.get(caller, c.req.param('id'));
    const form = readTestForm(await c.req.parseBody());
    const facts = await factsOfToken(deps, c, token);
    try {
      const tested = await requestTests.of(caller, token.id, gateRequestOf(describedRequest(form)));
      return c.render(<TokenPage {...facts} test={{ form, tested }} />);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'token-not-found' || problem.code === 'superuser-required') throw problem;
      return renderProblem(c, problem, <TokenPage {...facts} test={{ form, problem }} />);
    }
  });
}
