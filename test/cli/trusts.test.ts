import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trust } from '../../shared/schemas/trusts.ts';
import { openTestCliWithApp } from '../helpers/cli/cli.ts';
import { addServiceAccount } from '../store/contract/accounts/service-accounts.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  await addServiceAccount(cli.app.store, 'ci');
});
afterEach(() => cli.close());

const run = (...argv: string[]) => cli.run(['trusts', ...argv], cli.as(cli.app.root));
const create = (...argv: string[]) => run('create', 'deploy', '-s', 'ci', ...argv);
const shown = async (name = 'deploy'): Promise<Trust> => JSON.parse((await run('show', name, '--json')).stdout);
const gitHub = 'https://token.actions.githubusercontent.com';

describe('tokens trusts create', () => {
  it('creates a trust with every option, and says how a job gets a token', async () => {
    await cli.run(['apps', 'create', 'builds'], cli.as(cli.app.root));
    const { code, stdout, stderr } = await create(
      ...['--issuer', 'https://issuer.example.com', '--audience', 'tokens', '--claim', 'sub=repo:acme/api:*'],
      ...['--claim', 'a=b=c', '--app', 'builds', '--read-only', '--allow', 'GET /api/**', '--ttl', '5m'],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('Created the trust deploy. Its jobs get a token with: tokens exchange --trust deploy\n');
    expect(await shown()).toMatchObject({
      service_account: 'ci',
      issuer: 'https://issuer.example.com',
      audience: 'tokens',
      claims: { sub: 'repo:acme/api:*', a: 'b=c' },
      apps: ['builds'],
      read_only: true,
      allow: ['GET /api/**'],
      ttl: 300,
    });
  });

  it.each([
    [['--github', 'acme/api'], gitHub, { repository: 'acme/api' }],
    [['--github', 'acme/api', '--ref', 'main'], gitHub, { repository: 'acme/api', ref: 'refs/heads/main' }],
    [['--github', 'acme/api', '--ref', 'refs/tags/v1'], gitHub, { repository: 'acme/api', ref: 'refs/tags/v1' }],
    [['--github', 'acme/api', '--environment', 'prod'], gitHub, { repository: 'acme/api', environment: 'prod' }],
    [
      ['--github', 'acme/api', '--workflow', 'deploy.yml'],
      gitHub,
      { repository: 'acme/api', job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/*' },
    ],
    [
      ['--github', 'acme/api', '--workflow', '.github/workflows/deploy.yml', '--ref', 'main'],
      gitHub,
      {
        repository: 'acme/api',
        ref: 'refs/heads/main',
        job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
      },
    ],
    [
      ['--github', 'acme/api', '--issuer', 'https://ghes.example.com/_services/token', '--claim', 'actor=octocat'],
      'https://ghes.example.com/_services/token',
      { repository: 'acme/api', actor: 'octocat' },
    ],
    [['--gitlab', 'acme/team/api'], 'https://gitlab.com', { project_path: 'acme/team/api' }],
    [
      ['--gitlab', 'acme/api', '--ref', 'main'],
      'https://gitlab.com',
      { project_path: 'acme/api', ref: 'main', ref_type: 'branch' },
    ],
    [
      ['--gitlab', 'acme/api', '--ref', 'refs/tags/v1', '--issuer', 'https://gitlab.example.com'],
      'https://gitlab.example.com',
      { project_path: 'acme/api', ref: 'v1', ref_type: 'tag' },
    ],
    [
      ['--kubernetes', 'https://cluster.example.com', '--namespace', 'builds', '--kubernetes-service-account', 'bot'],
      'https://cluster.example.com',
      { sub: 'system:serviceaccount:builds:bot' },
    ],
  ])('turns %j into claims', async (argv, issuer, claims) => {
    expect((await create(...argv)).code).toBe(0);
    const trust = await shown();
    expect({ issuer: trust.issuer, claims: trust.claims, ttl: trust.ttl }).toEqual({ issuer, claims, ttl: 900 });
  });

  it('warns if every branch of a GitHub repository is trusted', async () => {
    expect((await create('--github', 'acme/api')).stderr).toContain('Every workflow of acme/api may get a token');
    for (const more of [
      ['--ref', 'main'],
      ['--environment', 'production'],
    ]) {
      await run('delete', 'deploy', '--yes');
      expect((await create('--github', 'acme/api', ...more)).stderr).not.toContain('Every workflow');
    }
  });

  it('warns if every branch of a GitLab project is trusted', async () => {
    expect((await create('--gitlab', 'acme/api')).stderr).toContain('Every pipeline of acme/api may get a token');
    await run('delete', 'deploy', '--yes');
    expect((await create('--gitlab', 'acme/api', '--ref', 'main')).stderr).not.toContain('Every pipeline');
  });

  it.each([
    [[]],
    [['--issuer', 'https://issuer.example.com']],
    [['--claim', 'sub=x']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=a', '--claim', 'sub=b']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'sub=*']],
    [['--github', 'acme']],
    [['--github', 'acme/api', '--gitlab', 'acme/api']],
    [['--gitlab', 'acme/api', '--environment', 'x']],
    [['--issuer', 'https://issuer.example.com', '--claim', 'a=b', '--ref', 'main']],
    [['--kubernetes', 'https://cluster.example.com', '--namespace', 'x']],
    [['--github', 'acme/api', '--ttl', '2h']],
    [['--github', 'acme/api', '--ttl', 'x']],
  ])('rejects %j with exit code 2', async (argv) => {
    expect((await create(...argv)).code).toBe(2);
    expect((await run('list', '--json')).stdout.trim()).toBe('[]');
  });

  it('is for superusers', async () => {
    const argv = ['trusts', 'create', 'x', '-s', 'ci', '--github', 'acme/api'];
    expect((await cli.run(argv, cli.as(cli.app.dev))).code).toBe(4);
  });
});

it('lists and shows trusts, and deletes one after a question', async () => {
  await create('--github', 'acme/api', '--ref', 'main');
  const list = await run('list');
  expect(list.stdout).toContain('deploy');
  expect(list.stdout).toContain('repository=acme/api');
  const show = await run('show', 'deploy');
  expect(show.stdout).toContain('the public URL of the server');
  expect(show.stdout).toContain('ref=refs/heads/main');
  expect((await run('show', 'none')).code).toBe(3);
  const asked = { ...cli.as(cli.app.root), answers: [false] };
  expect((await cli.run(['trusts', 'delete', 'deploy'], asked)).code).toBe(130);
  expect((await shown()).name).toBe('deploy');
  expect((await run('delete', 'deploy', '--yes')).stderr).toContain('Deleted the trust deploy.');
  expect((await run('show', 'deploy')).code).toBe(3);
});
