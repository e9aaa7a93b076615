import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

type Who = 'dev' | 'root';
const run = (argv: string[], who: Who = 'dev', surroundings: Surroundings = {}) =>
  cli.run(argv, { ...cli.as(cli.app[who]), ...surroundings });

async function listed(argv: string[] = [], who: Who = 'dev'): Promise<ListedSession[]> {
  const ran = await run(['sessions', 'list', ...argv, '--json'], who);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout) as ListedSession[];
}

/** Signs the member in again, and returns the ID of the new session. */
async function signInElsewhere(who: Who = 'dev'): Promise<string> {
  cli.app.clock.advance(60_000);
  const secret = await cli.app.signIn(cli.app[who].id);
  return (await cli.app.services.sessions.authenticate(secret))?.session.id ?? '';
}

const idsOf = (sessions: ListedSession[]) => sessions.map(({ id }) => id);

it('lists the own sessions with agent, address and times, in a pipe and on a terminal', async () => {
  const { secret } = await cli.app.services.sessions.signIn(cli.app.dev.email, cli.app.dev.password, {
    ip: '198.51.100.7',
    userAgent: 'tokens/1.2.3 linux-x64',
  });
  const other = (await cli.app.services.sessions.authenticate(secret.reveal()))?.session.id;
  const piped = await run(['sessions', 'list']);
  expect(piped.stdout.split('\n')[0]).toBe('ID\tAGENT\tIP\tSIGNED IN\tLAST USED\tCURRENT');
  expect(piped.stdout).toContain(
    `${other}\ttokens 1.2.3\t198.51.100.7\t2026-11-23T16:20:00.000Z\t2026-11-23T16:20:00.000Z\tno`,
  );
  expect(piped.stdout).toMatch(/\tyes\n/);
  const shown = await run(['sessions', 'list'], 'dev', { columns: 120 });
  expect(shown.stdout).toContain('now');
  expect(shown.stdout).toContain('198.51.100.7');
});

it('ends one session by its ID, and prints it with --json', async () => {
  const [one, other] = [await signInElsewhere(), await signInElsewhere()];
  const ended = await run(['sessions', 'end', one, '--json']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ended.stdout)).toMatchObject({ id: one, current: false });
  expect(idsOf(await listed())).toEqual(expect.arrayContaining([other]));
  expect(idsOf(await listed())).not.toContain(one);
});

it('does not end the session that it uses, and names the command that does', async () => {
  const current = (await listed()).find((session) => session.current)?.id ?? '';
  const ran = await run(['sessions', 'end', current]);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain('tokens logout');
  expect(idsOf(await listed())).toEqual([current]);
});

it('ends all other sessions after a confirmation on a terminal', async () => {
  await signInElsewhere();
  const refused = await run(['sessions', 'end', '--others'], 'dev', { answers: [false] });
  expect(refused.code).not.toBe(0);
  expect(await listed()).toHaveLength(2);
  const ended = await run(['sessions', 'end', '--others'], 'dev', { answers: [true] });
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stderr).toContain('Ended all your other sessions.');
  expect(await listed()).toEqual([expect.objectContaining({ current: true })]);
});

it('lists and ends the sessions of a member for a superuser', async () => {
  const one = await signInElsewhere();
  const ofDev = ['--user', cli.app.dev.email];
  expect(idsOf(await listed(ofDev, 'root'))).toContain(one);
  expect(await run(['sessions', 'end', one, ...ofDev], 'root')).toMatchObject({ code: 0, stderr: '' });
  expect(idsOf(await listed(ofDev, 'root'))).not.toContain(one);
  expect(await run(['sessions', 'end', '--all', ...ofDev], 'root')).toMatchObject({ code: 0, stderr: '' });
  expect(await listed(ofDev, 'root')).toEqual([]);
  expect((await run(['sessions', 'list'])).code).toBe(4);
});

it.each([
  [['sessions', 'end'], 2, 'Name the ID of a session'],
  [['sessions', 'end', '0199c2f4-6a1e-7c3a-9d52-0c1d2e3f4a5b', '--others'], 2, 'Name the ID of a session'],
  [['sessions', 'end', '--all'], 2, '--all needs --user'],
  [['sessions', 'end', '--others', '--user', 'dev@example.com'], 2, 'cannot be used with'],
  [['sessions', 'end', '0199c2f4-6a1e-7c3a-9d52-0c1d2e3f4a5b'], 3, 'There is no session'],
  [['sessions', 'list', '--user', 'root@example.com'], 4, 'Organization Superuser'],
])('fails and says why: %j', async (argv, code, text) => {
  const ran = await run(argv);
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toContain(text);
  expect(await listed()).toHaveLength(1);
});
