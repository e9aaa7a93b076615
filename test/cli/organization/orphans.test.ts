import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatOrganization } from '../../../cli/organization/file/document.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { appFetch, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  const start: Organization = {
    members: [{ email: ada }],
    service_accounts: [
      { name: 'ci', maintainers: [ada] },
      { name: 'old', maintainers: [] },
      { name: 'shared', maintainers: [ada, cli.app.dev.email] },
    ],
  };
  expect(await apply(start)).toMatchObject({ code: 0, stderr: warningOf('old') });
});
afterEach(() => cli.close());

const ada = 'ada@example.com';
const warningOf = (name: string) =>
  `No enabled member maintains the service account ${name}: tokens service-accounts edit ${name} --add-maintainer EMAIL\n`;
const apply = (file: Organization, options: string[] = [], surroundings: Surroundings = cli.as(cli.app.root)) =>
  cli.run(['apply', '-f', '-', ...options], { stdin: formatOrganization(file, 'schema'), ...surroundings });
/** A file that lists all members but one. */
const withoutAda = async (): Promise<Organization> => {
  const { stdout } = await cli.run(['export', '--json'], cli.as(cli.app.root));
  const { members = [] }: Organization = JSON.parse(stdout);
  return { members: members.filter(({ email }) => email !== ada) };
};

describe('apply', () => {
  it('warns scripts about a service account if it removes the last maintainer, and about no other account', async () => {
    expect(await apply({ service_accounts: [{ name: 'ci', maintainers: [] }] })).toMatchObject({
      code: 0,
      stderr: warningOf('ci'),
    });
    expect(await apply({ service_accounts: [{ name: 'shared', maintainers: [ada] }] })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it.each<[string, () => Promise<Organization>, string[]]>([
    ['disables', async () => ({ members: [{ email: ada, disabled: true }] }), []],
    ['prunes', withoutAda, ['--prune', '--yes']],
  ])('warns about the service accounts of a member whom it %s', async (_verb, file, options) => {
    expect(await apply(await file(), options)).toMatchObject({ code: 0, stderr: warningOf('ci') });
  });

  it('warns after a failure, too', async () => {
    const failing: Organization = {
      service_accounts: [{ name: 'ci', maintainers: [] }],
      clients: [{ name: 'gateway' }],
    };
    const send = appFetch(cli.app);
    const withoutClients: typeof fetch = async (input, init) =>
      init?.method === 'POST' ? Response.error() : send(input, init);
    const ran = await apply(failing, [], { ...cli.as(cli.app.root), fetch: withoutClients });
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(new RegExp(`^${warningOf('ci')}error: Could not create client gateway`));
  });

  it('warns of nothing with --json, with --dry-run, and if a management key cannot read service accounts', async () => {
    const json = await apply({ service_accounts: [{ name: 'ci', maintainers: [] }] }, ['--json']);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const disabled: Organization = { members: [{ email: ada, disabled: true }] };
    expect(await apply(disabled, ['--dry-run'])).toMatchObject({ code: 0, stderr: '' });
    const platform = await storeServiceAccount(cli.app, 'platform');
    const key = await storeKey(cli.app, platform, ['users:write']);
    expect(await apply(disabled, [], { env: { TOKENS_KEY: key.value } })).toMatchObject({ code: 0, stderr: '' });
  });
});
