import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';
import { addToken } from '../../store/contract/records.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  root = cli.as(cli.app.root);
});
afterEach(() => cli.close());

const errorOf = async (argv: string[], as: Surroundings) => {
  const { code, stdout, stderr } = await cli.run(argv, as);
  expect([code, stdout]).toEqual([3, '']);
  return stderr;
};

describe('an unknown name', () => {
  it('of a token suggests up to two close ones, and changes none of them', async () => {
    for (const name of ['ci-pipeline', 'ci-pipelines', 'ci-pipeline-of-eve', 'laptop']) {
      await createToken(cli.app, cli.app.dev, { name });
    }
    const before = await cli.app.store.tokens.findById((await list())[0].id);
    for (const command of ['show', 'rotate', 'pause', 'edit', 'revoke']) {
      const more = { edit: ['--description', 'x'], revoke: ['--yes'] }[command] ?? [];
      const stderr = await errorOf([command, 'ci-pipelin', ...more], dev);
      expect(stderr).toContain('There is no token "ci-pipelin". Did you mean ci-pipeline or ci-pipelines? Run');
    }
    expect(await cli.app.store.tokens.findById(before?.id ?? '')).toEqual(before);
    expect(await errorOf(['show', 'zzz'], dev)).not.toContain('Did you mean');
    expect(await errorOf(['show', ''], dev)).not.toContain('Did you mean');
  });

  it('of a member, an app, a service account or a client suggests close ones', async () => {
    for (const argv of [
      ['apps', 'create', 'grafana'],
      ['service-accounts', 'create', 'robot'],
      ['clients', 'create', 'gateway'],
    ]) {
      expect((await cli.run(argv, root)).code).toBe(0);
    }
    expect(await errorOf(['grant', 'dev@exmaple.com'], root)).toContain('Did you mean dev@example.com?');
    expect(await errorOf(['apps', 'show', 'grafan'], root)).toContain('Did you mean grafana?');
    expect(await errorOf(['service-accounts', 'show', 'robto'], root)).toContain('Did you mean robot?');
    expect(await errorOf(['clients', 'delete', 'gatewya', '--yes'], root)).toContain('Did you mean gateway?');
  });
});

describe('an unknown name in an option', () => {
  const addApp = 'Add it with `tokens apps create graphana`.';
  const addAccount = 'Add it with `tokens service-accounts create robto`.';
  const accounts = 'Run `tokens service-accounts list` to see yours.';
  const members = 'Run `tokens users list` to see all members.';

  it('is named, with close names that the caller may list and what they can do', async () => {
    for (const argv of [
      ['apps', 'create', 'grafana'],
      ['service-accounts', 'create', 'robot', '--maintainer', 'dev@example.com'],
      ['service-accounts', 'create', 'secret-robot', '--maintainer', 'root@example.com'],
      ['webhooks', 'create', 'https://hooks.example.com/tokens', '--event', '*'],
      ['trusts', 'create', 'deploy', '-s', 'robot', '--github', 'acme/api', '--ref', 'main'],
      ['create', 'ci'],
    ]) {
      expect((await cli.run(argv, root)).code).toBe(0);
    }
    await createToken(cli.app, cli.app.dev, { name: 'web' });
    const app = 'There is no app "graphana". Did you mean grafana?';
    const robot = 'There is no service account "robto"';
    const dev2 = 'There is no member dve@example.com. Did you mean dev@example.com?';
    const account = await storeServiceAccount(cli.app, 'platform');
    const { value } = await storeKey(cli.app, account, ['service-accounts']);
    const key = { env: { TOKENS_KEY: value } };
    const cases: [Surroundings, string, number, string][] = [
      [root, 'create x --app graphana', 2, `${app} ${addApp}`],
      [dev, 'create x --app graphana', 2, `${app} Ask a superuser to add it.`],
      [root, 'edit ci --app grafana --app graphana', 2, `${app} ${addApp}`],
      [root, 'list --app graphana', 3, `${app} Run \`tokens apps list\` to see all apps.`],
      [root, 'list --user dve@example.com', 3, `${dev2} ${members}`],
      [root, 'list --known-to dve@example.com', 3, `${dev2} ${members}`],
      [root, 'list -s robto', 3, `${robot}. Did you mean robot? ${accounts}`],
      [root, 'create x -s robto', 3, `${robot}. Did you mean robot? ${addAccount}`],
      [
        dev,
        'create x -s robto',
        3,
        `${robot}, or you do not maintain it. Did you mean robot? Ask a superuser to add it.`,
      ],
      [root, 'show ci -s robto', 3, `${robot}. Did you mean robot? ${accounts}`],
      [root, 'transfer ci --to robto', 3, `${robot}. Did you mean robot? ${addAccount}`],
      // Only root maintains and sees it.
      [dev, 'list -s secret-robto', 3, 'There is no service account "secret-robto", or you do not maintain it. Run'],
      [root, 'list -s secret-robto', 3, 'Did you mean secret-robot?'],
      [root, 'trusts edit deploy -s robto', 2, `${robot}. Did you mean robot? ${addAccount}`],
      [
        root,
        'service-accounts create x --maintainer dve@example.com',
        2,
        `${dev2} Add them with \`tokens users add dve@example.com\`.`,
      ],
      // Members may not list each other, so nothing is suggested to them.
      [
        dev,
        'service-accounts edit robot --add-maintainer rott@example.com',
        2,
        'There is no member rott@example.com. Ask a superuser to add them.',
      ],
      [key, 'service-accounts create x --maintainer dve@example.com', 2, 'Add them with `tokens users add'],
      [root, 'service-accounts create x --maintainer dve', 2, 'error: Enter an email address such as'],
      [
        root,
        'audit --user rott@example.com',
        2,
        'No member or service account has or had the address or name "rott@example.com". Did you mean root@example.com?',
      ],
      [root, 'audit --user service-account:robto', 2, 'Did you mean service-account:robot?'],
      [root, 'audit --action token.creatd', 2, 'There is no action "token.creatd". Did you mean token.created? Run'],
      [root, 'audit --action nope', 2, 'There is no action "nope". Run `tokens audit` to see actions'],
      [
        root,
        'webhooks create https://a.example.com --event token.revokd',
        2,
        'There is no event "token.revokd". Did you',
      ],
      [root, 'webhooks show https://hooks.example.com/tokenz', 3, 'Did you mean https://hooks.example.com/tokens?'],
      [root, 'trusts show deplyo', 3, 'There is no trust "deplyo". Did you mean deploy?'],
    ];
    for (const [as, line, code, text] of cases) {
      const ran = await cli.run(line.split(' '), as);
      expect({ line, ...ran }).toMatchObject({ line, code, stdout: '', stderr: expect.stringContaining(text) });
      expect(ran.stderr.length, line).toBeLessThan(400);
    }
    const { stderr } = await cli.run('create x --app graphana --app grafan --json'.split(' '), root);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'invalid-fields',
      errors: [
        { pointer: '/apps/0', detail: `${app} ${addApp}` },
        { pointer: '/apps/1', detail: expect.stringContaining('"grafan". Did you mean grafana?') },
      ],
    });
  });

  it('of a stored value suggests close ones', async () => {
    expect((await cli.run(['create', 'deploy', '--store', '--no-print'], dev)).code).toBe(0);
    expect(await errorOf(['get', 'deplo'], dev)).toContain('Did you mean deploy? To store one');
    expect(await errorOf(['get', 'zzz'], dev)).not.toContain('Did you mean');
  });
});

const list = async () => JSON.parse((await cli.run(['list', '--json'], dev)).stdout);

describe('a token', () => {
  it('is found by its name, prefix and ID, and by the prefix of its old value', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'ci' });
    const old = (await list())[0].prefix;
    expect((await cli.run(['rotate', old, '--overlap', '1h'], dev)).code).toBe(0);
    const [{ id, prefix }] = await list();
    for (const text of ['ci', 'CI', prefix, old, id, id.toUpperCase()]) {
      expect(JSON.parse((await cli.run(['show', text, '--json'], dev)).stdout)).toMatchObject({ id });
    }
    expect((await cli.run(['edit', id, '--description', 'Builds'], dev)).code).toBe(0);
    expect((await cli.run(['pause', id], dev)).code).toBe(0);
    expect((await cli.run(['resume', old], dev)).code).toBe(0);
    expect((await cli.run(['revoke', id, '--yes'], dev)).code).toBe(0);
    expect(await list()).toEqual([]);
  });

  it('of another owner is found by its ID by superusers only', async () => {
    const { id } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
    const eve = await cli.app.addMember({ email: 'eve@example.com', can_manage_tokens: true });
    expect(await errorOf(['revoke', id, '--yes'], cli.as(eve))).toContain('There is no token');
    expect((await cli.run(['show', id], root)).stdout).toContain('dev@example.com');
    expect((await cli.run(['revoke', id, '--yes'], root)).code).toBe(0);
    expect(await list()).toEqual([]);
  });
});

describe('the prefix of a token of another owner', () => {
  const auditor = async () => cli.as(await cli.app.addMember({ email: 'auditor@example.com', auditor: true }));
  const show = async (text: string, as: Surroundings) => {
    const { code, stdout } = await cli.run(['show', text, '--json'], as);
    return code === 0 ? JSON.parse(stdout).name : code;
  };

  it('finds it for superusers and auditors, and for nobody else', async () => {
    const { prefix } = await createToken(cli.app, cli.app.dev, { name: 'deploy' });
    const { prefix: ofRoot } = await createToken(cli.app, cli.app.root, { name: 'of-root' });
    expect(await show(prefix, root)).toBe('deploy');
    expect(await show(prefix, await auditor())).toBe('deploy');
    expect(await show(ofRoot, dev)).toBe(3);
    expect(await show('tok_zzzzzzzz', root)).toBe(3);
  });

  it('finds it by the prefix of the old value while that works, and afterwards', async () => {
    const { prefix: old } = await createToken(cli.app, cli.app.dev, { name: 'deploy' });
    await cli.run(['rotate', 'deploy', '--overlap', '1h'], dev);
    expect(await show(old, root)).toBe('deploy');
    await cli.run(['rotate', 'deploy', '--finish'], dev);
    expect(await show(old, root)).toBe('deploy');
  });

  it('finds tokens of service accounts for their maintainers', async () => {
    await createServiceAccount(cli.app, 'ci', { maintainers: [cli.app.dev] });
    await createServiceAccount(cli.app, 'other');
    const { prefix } = await createAccountToken(cli.app, cli.app.root, 'ci', { name: 'nightly' });
    const { prefix: foreign } = await createAccountToken(cli.app, cli.app.root, 'other', { name: 'hidden' });
    expect(await show(prefix, dev)).toBe('nightly');
    expect(await show(foreign, dev)).toBe(3);
  });

  it('names every token with the prefix and its owner, and asks for an ID', async () => {
    const prefix = 'tok_SAMEsame';
    const [own, other] = await Promise.all(
      [cli.app.root, cli.app.dev].map(({ id }) => addToken(cli.app.store, id, { name: 'deploy', prefix })),
    );
    for (const argv of [
      ['show', prefix],
      ['pause', prefix],
      ['revoke', prefix, '--yes'],
    ]) {
      const { code, stdout, stderr } = await cli.run(argv, root);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`"${prefix}" matches more than one token: `);
      expect(stderr).toContain(`deploy (${own?.id}, root@example.com)`);
      expect(stderr).toContain(`deploy (${other?.id}, dev@example.com)`);
      expect(stderr).toContain('Give the ID of the one that you mean.');
    }
    expect(await show(other?.id ?? '', root)).toBe('deploy');
    expect(await show(prefix, dev), 'a member sees their own only').toBe('deploy');
  });

  it('pauses and revokes it for a superuser, and the question names its owner', async () => {
    const { prefix } = await createToken(cli.app, cli.app.dev, { name: 'stolen' });
    expect((await cli.run(['pause', prefix], root)).code).toBe(0);
    await cli.run(['revoke', prefix], { ...root, answers: [false] });
    expect(cli.questions.at(-1)).toContain('revoke stolen of dev@example.com?');
    expect((await list()).map(({ status }: { status: string }) => status)).toEqual(['paused']);
    expect((await cli.run(['revoke', prefix, '--yes'], root)).code).toBe(0);
    expect(await list()).toEqual([]);
  });

  it('changes nothing of another owner for an auditor', async () => {
    const { prefix } = await createToken(cli.app, cli.app.dev, { name: 'kept' });
    const as = await auditor();
    for (const argv of [
      ['pause', prefix],
      ['rotate', prefix],
      ['revoke', prefix, '--yes'],
      ['edit', prefix, '--name', 'x'],
    ]) {
      expect((await cli.run(argv, as)).code).not.toBe(0);
    }
    expect((await list()).map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual([
      ['kept', 'active'],
    ]);
  });
});
