import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import { createToken, type Member, verdict } from '../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../helpers/app/service-accounts.ts';
import { onTerminal, openTestCliWithApp, type Surroundings, shownTime } from '../helpers/cli/cli.ts';
import { addToken, auditRecord, useOf } from '../store/contract/records.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let ada: Member;
let root: Surroundings;
let prefixes: Record<'deploy' | 'nightly' | 'unused' | 'old', string>;
let deployed: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  ada = await cli.app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
  await createServiceAccount(cli.app, 'ci', { maintainers: [cli.app.dev] });
  const names = ['deploy', 'nightly', 'unused', 'old'] as const;
  const tokens = await Promise.all(names.map((name) => createToken(cli.app, ada, { name, expires_in: 90 * 86_400 })));
  const entries = tokens.map(({ name, prefix }) => [name, prefix]);
  prefixes = Object.fromEntries(entries);
  deployed = tokens[0]?.token ?? '';
  // The tests need a token that was used 31 days ago.
  cli.app.clock.advance(33 * 24 * hourMs);
  for (const member of [cli.app.root, cli.app.dev, ada]) member.session = await cli.app.signIn(member.id);
  root = cli.as(cli.app.root);
  const usedAt = [hourMs, 29 * 24 * hourMs, null, 31 * 24 * hourMs];
  for (const [index, { id }] of tokens.entries()) {
    const ago = usedAt[index] ?? null;
    if (ago !== null) await cli.app.store.tokens.recordUses([useOf(id, { at: cli.app.clock.now() - ago })]);
  }
});
afterEach(() => cli.close());

const hourMs = 60 * 60 * 1000;
const offboard = (more: string[], as = root) => cli.run(['offboard', 'ada@example.com', ...more], as);
const transfer = ['--transfer-to', 'ci'];

describe('tokens offboard --transfer-to', () => {
  it('transfers the tokens in use until the end of the grace, and revokes the others', async () => {
    const ran = await offboard([...transfer, '--grace', '14d', '--yes', '--json']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const printed = { email: 'ada@example.com', disabled: true, status: 'disabled', token_count: 0 };
    expect(JSON.parse(ran.stdout)).toMatchObject({ ...printed, transferred: 2, revoked: 2 });
    const { stdout } = await cli.run(['list', '-s', 'ci', '--json'], cli.as(cli.app.dev));
    const received: Token[] = JSON.parse(stdout);
    expect(received.map(({ name }) => name).sort()).toEqual(['deploy', 'nightly']);
    const end = new Date(cli.app.clock.now() + 14 * 24 * hourMs).toISOString();
    for (const { expires_at } of received) expect(expires_at).toBe(end);
    expect(await verdict(cli.app, deployed)).toBe(200);
  });

  it('says what it did and how to list what must be rotated', async () => {
    const { stdout, stderr } = await offboard([...transfer, '--yes']);
    expect({ stdout, stderr }).toEqual({
      stdout: '',
      stderr:
        'Disabled ada@example.com, transferred 2 tokens to ci and revoked 2 tokens. Have a maintainer of ci rotate what it received: tokens list --service-account ci (if it has no maintainer: tokens service-accounts edit ci --add-maintainer EMAIL).\n',
    });
  });

  it('lists what it would transfer and revoke before it asks, and changes nothing if the answer is no', async () => {
    const ran = await offboard(transfer, { ...root, answers: [false] });
    expect(ran).toMatchObject({ code: 130, stdout: '' });
    const [list] = ran.stderr.split('Cancelled');
    const line = (name: keyof typeof prefixes, use: string) => `  ${name} (${prefixes[name]}), ${use}`;
    const daysAgo = (days: number) =>
      shownTime(new Date(cli.app.clock.now() - days * 24 * hourMs).toISOString()).split(',')[0];
    expect(sections(list ?? '')).toEqual({
      'Transferred to ci:': [line('deploy', 'used 1 hour ago'), line('nightly', `used ${daysAgo(29)}`)],
      'Revoked:': [line('old', `used ${daysAgo(31)}`), line('unused', 'never used')],
    });
    expect(cli.questions).toEqual([
      'Disable ada@example.com, transfer 2 tokens to ci and permanently revoke 2 tokens?',
    ]);
    expect(await verdict(cli.app, deployed)).toBe(200);
    expect((await cli.app.ask('/api/v1/me', { as: ada })).status).toBe(200);
  });

  it('lists tokens of every status as the daemon treats them', async () => {
    await cli.run(['pause', 'deploy'], cli.as(ada));
    const expired = await createToken(cli.app, ada, { name: 'expired', expires_in: 3600 });
    await cli.app.store.tokens.recordUses([useOf(expired.id, { at: cli.app.clock.now() })]);
    cli.app.clock.advance(2 * 24 * hourMs);
    const at = { ...root, env: { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) } };
    const { stderr } = await offboard(transfer, { ...at, answers: [true] });
    expect(cli.questions).toEqual(['Disable ada@example.com, transfer 1 token to ci and permanently revoke 4 tokens?']);
    expect(stderr).toContain('transferred 1 token to ci and revoked 4 tokens.');
  });

  it('counts the uses of a value that was rotated since', async () => {
    expect((await cli.run(['rotate', 'deploy', '--overlap', '0'], cli.as(ada))).code).toBe(0);
    const { stderr } = await offboard(transfer, { ...root, answers: [true] });
    expect(stderr).toMatch(/^ {2}deploy \(tok_\w{8}\), used with an earlier value only$/m);
    expect(cli.questions).toEqual([
      'Disable ada@example.com, transfer 2 tokens to ci and permanently revoke 2 tokens?',
    ]);
    expect(stderr).toContain('transferred 2 tokens to ci and revoked 2 tokens.');
  });

  it('speaks of no revocation if the member has no tokens', async () => {
    for (const [email, more] of [['new@example.com', []] as const, ['other@example.com', transfer] as const]) {
      await cli.app.addMember({ email });
      const to = more.length === 0 ? ['', ''] : [' and transfer 0 tokens to ci', ' and transferred 0 tokens to ci'];
      const { stderr } = await cli.run(['offboard', email, ...more], { ...root, answers: [true] });
      expect(cli.questions.at(-1)).toBe(`Disable ${email}${to[0]}?`);
      expect(stderr).toBe(`Disabled ${email}${to[1]}.\n`);
    }
  });

  it('lists every token as revoked without a service account', async () => {
    const { stderr } = await offboard([], { ...root, answers: [false] });
    expect(cli.questions).toEqual(['Disable ada@example.com and permanently revoke 4 tokens?']);
    expect(Object.keys(sections(stderr.split('Cancelled')[0] ?? ''))).toEqual(['Revoked:']);
  });

  it('lists the values that the leaver knows elsewhere, and says how to list them later', async () => {
    await createServiceAccount(cli.app, 'release', { maintainers: [ada, cli.app.dev] });
    const other = await createAccountToken(cli.app, ada, 'release', { name: 'publish' });
    const { stderr } = await offboard(transfer, { ...root, answers: [true] });
    expect(stderr).toContain(
      `Not changed, but the member knows the values. Have them rotated:\n  publish (${other.prefix}) of service-account:release\n`,
    );
    const command = 'tokens list --known-to ada@example.com';
    expect(stderr).toContain(
      `They know the values of 1 other token of service accounts. Have these rotated: ${command}`,
    );
    const known = await cli.run(['list', '--known-to', 'ada@example.com', '--json'], root);
    expect(JSON.parse(known.stdout).map(({ name }: Token) => name)).toContain('publish');
    const table = await cli.run(['list', '--known-to', 'ada@example.com'], root);
    expect(table.stdout).toContain('service-account:release');
    expect((await cli.run(['list', '--known-to', 'ada@example.com', '--all'], root)).code).toBe(2);
  });

  it('says that the values are at least as many as the daemon names', async () => {
    const release = await createServiceAccount(cli.app, 'release', { maintainers: [cli.app.dev] });
    for (let added = 0; added < 101; added += 1) {
      const { id, createdAt: at } = await addToken(cli.app.store, release.id, { createdAt: cli.app.clock.now() });
      const actor = { kind: 'user', id: ada.id, email: ada.email } as const;
      const target = { kind: 'token', id, name: 'deploy' } as const;
      const event = auditRecord({ action: 'token.created', at, actor, target, ownerId: release.id });
      await cli.app.store.audit.insert(event);
    }
    const { stderr } = await offboard(['--yes'], { ...root, stderrIsTTY: false });
    // A script has to hear of it too, and of nothing else.
    expect(stderr).toBe(
      'They know the values of at least 100 other tokens of service accounts. Have these rotated: tokens list --known-to ada@example.com\n',
    );
  });

  it('names the service account that does not exist, and suggests a close one', async () => {
    const { code, stderr } = await offboard(['--transfer-to', 'cii', '--yes']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('There is no service account "cii". Did you mean ci?')]);
  });

  it('asks without a list if the management key may not read tokens', async () => {
    const platform = await storeServiceAccount(cli.app, 'platform');
    const { value } = await storeKey(cli.app, platform, ['users:write']);
    const ran = await offboard(transfer, { env: { TOKENS_KEY: value }, answers: [false] });
    expect(ran.code).toBe(130);
    expect(ran.stderr).not.toContain('deploy');
    expect(cli.questions).toEqual([expect.stringContaining('revoke the others (4 tokens in all)?')]);
  });

  it.each([
    ['a grace that is no duration', ['--transfer-to', 'ci', '--grace', 'soon'], 2, 'usage'],
    ['no grace at all', ['--transfer-to', 'ci', '--grace', '0d'], 2, 'usage'],
    ['a grace of more than a year', ['--transfer-to', 'ci', '--grace', '367d'], 2, 'invalid-fields'],
    ['a grace without a service account', ['--grace', '7d'], 2, 'usage'],
    ['an unknown service account', ['--transfer-to', 'nothing'], 3, 'service-account-not-found'],
  ])('changes nothing for %s', async (_what, options, code, problem) => {
    const ran = await offboard([...options, '--yes', '--json']);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: problem });
    expect(await verdict(cli.app, deployed)).toBe(200);
    expect((await cli.app.ask('/api/v1/me', { as: ada })).status).toBe(200);
  });
});

/** Returns the sorted lines below each heading. */
function sections(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  let heading = '';
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith(' ')) found[heading]?.push(line);
    else {
      heading = line;
      found[heading] = [];
    }
  }
  for (const lines of Object.values(found)) lines.sort();
  return found;
}

describe('the only maintainer of a service account', () => {
  const command = 'tokens service-accounts edit release --add-maintainer EMAIL';
  const warning = `No enabled member maintains the service account release: ${command}\n`;
  const inScript: Surroundings = { stderrIsTTY: false };
  beforeEach(async () => {
    await createServiceAccount(cli.app, 'release', { maintainers: [ada] });
    await createServiceAccount(cli.app, 'shared', { maintainers: [ada, cli.app.dev] });
  });

  it('is named by a warning when they are offboarded', async () => {
    expect(await offboard(['--yes'], { ...root, ...inScript })).toMatchObject({ code: 0, stderr: warning });
  });

  it('is named before the question', async () => {
    const asked = await offboard([], { ...root, answers: [false] });
    expect(asked.stderr).toContain('Service accounts that no other enabled member maintains:\n  release\n');
    expect(asked.stderr).not.toContain('shared');
  });

  it('is named together with the receiver of the tokens, if nobody maintains that', async () => {
    await createServiceAccount(cli.app, 'bare');
    const names = (stderr: string) => stderr.match(/^ {2}\w+$|account \w+/gm);
    const asked = await offboard(['--transfer-to', 'bare'], { ...root, answers: [false] });
    expect(names(asked.stderr)).toEqual(expect.arrayContaining(['  bare', '  release']));
    expect(asked.stderr).not.toMatch(/^ {2}shared$/m);
    const ran = await offboard(['--transfer-to', 'bare', '--yes'], { ...root, ...inScript });
    expect(names(ran.stderr)?.sort()).toEqual(['account bare', 'account release']);
  });

  it('is named by a warning when they are disabled, and not when they are enabled', async () => {
    const change = (verb: string) => cli.run(['users', verb, 'ada@example.com'], { ...root, ...inScript });
    expect(await change('disable')).toMatchObject({ code: 0, stderr: warning });
    expect(await change('enable')).toMatchObject({ code: 0, stderr: '' });
  });

  it('is disabled without a warning by a management key that may not read service accounts', async () => {
    const { value } = await storeKey(cli.app, await storeServiceAccount(cli.app, 'platform'), ['users:write']);
    const as = { env: { TOKENS_KEY: value }, ...inScript };
    expect(await cli.run(['users', 'disable', 'ada@example.com'], as)).toMatchObject({ code: 0, stderr: '' });
  });
});
