import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportedTokens } from '../../../shared/tokens/report.ts';
import { createToken } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';
import { useOf } from '../../store/contract/records.ts';

const day = 24 * 60 * 60 * 1000;
let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  root = cli.as(cli.app.root);
});
afterEach(() => cli.close());

/** Adds tokens of `dev` that each belong to other lists. The last one was created a hundred days after the first ones. */
async function addTokens(): Promise<void> {
  const { app } = cli;
  await createToken(app, app.dev, { name: 'forgotten' });
  const used = await createToken(app, app.dev, { name: 'used' });
  app.clock.advance(100 * day);
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  app.dev.session = await app.signIn(app.dev.id);
  app.root.session = await app.signIn(app.root.id);
  await createToken(app, app.dev, { name: 'short', expires_in: 3600 });
  root = cli.as(app.root);
}

const names = async (...options: string[]) => {
  const { stdout, code } = await cli.run(['list', '--json', ...options], root);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as Array<{ name: string }>).map(({ name }) => name);
};

describe('tokens list', () => {
  it.each([
    [['--unused', '90d'], ['forgotten']],
    [['--unused', '12w', '--never-used'], ['forgotten']],
    [['--never-used'], ['short', 'forgotten']],
    [['--no-expiry'], ['used', 'forgotten']],
    [
      ['--unrotated', '99d'],
      ['used', 'forgotten'],
    ],
    [['--unrotated', '1y'], []],
    [['--expiring', '2h'], ['short']],
    [['--expiring', '30m'], []],
    [
      ['--unrotated', '90d', '--no-expiry', '--status', 'active'],
      ['used', 'forgotten'],
    ],
    [['--unused', '90d', '--expiring', '7d'], []],
  ])('lists the tokens that match all of %j', async (options, expected) => {
    await addTokens();
    expect(await names('--all', ...options)).toEqual(expected);
    expect(await names('--user', 'dev@example.com', ...options)).toEqual(expected);
    expect(await names(...options)).toEqual([]);
  });

  it('says that no token matches a filter', async () => {
    const ran = await cli.run(['list', '--expiring', '1d'], { ...root, columns: 80 });
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: 'No token matches.\n' });
  });

  it.each(['--unused', '--unrotated', '--expiring'])(
    'rejects a wrong duration of %s before it asks',
    async (option) => {
      const ran = await cli.run(['list', option, 'long'], root);
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(ran.stderr).toContain(`${option} cannot be "long". Use 30m, 12h, 2d or 1w.`);
    },
  );
});

describe('tokens report', () => {
  it('prints each count with the command that lists these tokens', async () => {
    await addTokens();
    await createServiceAccount(cli.app, 'ci');
    await createServiceAccount(cli.app, 'kept', { maintainers: [cli.app.dev] });
    const { stdout } = await cli.run(['report'], root);
    expect(stdout.split('\n')).toEqual([
      'COUNT\tWHAT\tLIST THEM WITH',
      '3\tactive\ttokens list --all --status active --no-canaries',
      '2\twithout an expiry\ttokens list --all --no-expiry',
      '1\tolder than 30 days and never used\ttokens list --all --never-used --unused 30d',
      '1\tnot used for 90 days\ttokens list --all --unused 90d',
      '0\tneither created nor rotated within a year\ttokens list --all --unrotated 365d',
      '1\texpiring within 7 days\ttokens list --all --expiring 7d',
      '0\twhose owner is disabled\ttokens list --all --status disabled --no-canaries',
      '1\tservice accounts without an enabled maintainer\ttokens service-accounts list --orphaned',
      '',
    ]);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines.slice(1, -1)) {
      const [count, , command = ''] = line.split('\t');
      expect(await names(...command.split(' ').slice(2))).toHaveLength(Number(count));
    }
  });

  it('says on a narrow terminal what each number means, and cuts no command', async () => {
    const narrow = (await cli.run(['report'], { ...root, columns: 60 })).stdout;
    expect(narrow).toMatch(/^COUNT +WHAT\n/);
    expect(narrow).toContain('older than 30 days and never used\n');
    expect(narrow).not.toContain('tokens list');
    const wider = (await cli.run(['report'], { ...root, columns: 70 })).stdout;
    expect(wider).toContain('tokens list --all --never-used --unused 30d\n');
    expect(wider).toMatch(/^COUNT +WHAT +LIST THEM WITH\n/);
  });

  it('prints the object of the API with --json, with counts that only a newer server knows', async () => {
    const report = {
      ...Object.fromEntries(Object.keys(reportedTokens).map((name) => [name, 3])),
      orphaned: 7,
      newer: 8,
    };
    const serving = { ...root, env: { ...root.env }, fetch: async () => Response.json(report) };
    expect((await cli.run(['report', '--json'], serving)).stdout).toBe(`${JSON.stringify(report)}\n`);
    expect((await cli.run(['report'], serving)).stdout).toContain('3\tactive\t');
  });

  it('says what to do if the server is too old', async () => {
    const problem = { type: 'about:blank', title: 'Not found', status: 404, detail: 'x', code: 'not-found' };
    const fetch = async () => Response.json(problem, { status: 404 });
    const ran = await cli.run(['report'], { ...root, fetch });
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr).toContain('This server is too old to report on tokens. Ask its operator to upgrade it.');
  });

  it('is for superusers only', async () => {
    const ran = await cli.run(['report'], cli.as(cli.app.dev));
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toContain('Only an Organization Superuser may do this.');
  });
});
