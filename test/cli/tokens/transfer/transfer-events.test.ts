import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../../helpers/app/app.ts';
import { openTestCliWithApp } from '../../../helpers/cli/cli.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';
import { addServiceAccount } from '../../../store/contract/accounts/service-accounts.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

it('names who received a token, on the command line and in the console', async () => {
  const { app } = cli;
  await addServiceAccount(app.store, 'ci');
  await createToken(app, app.dev, { name: 'deploy' });
  const transfer = ['transfer', 'deploy', '--user', app.dev.email, '--to', 'ci'];
  expect(await cli.run(transfer, cli.as(app.root))).toMatchObject({ code: 0 });
  const { stdout } = await cli.run(['audit', '--action', 'token.transferred'], cli.as(app.root));
  expect(stdout).toContain(`token deploy of ${app.dev.email} → service-account:ci`);
  const { html } = await openConsole(app, app.root).get('/organization/audit?action=token.transferred');
  expect(textOf(html)).toContain('root@example.com transferred token deploy of dev@example.com to service-account:ci');
});
