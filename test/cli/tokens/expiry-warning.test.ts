import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

const day = 24 * 60 * 60 * 1000;

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

/** Returns a terminal, with a new session, because sessions end while the clock advances. */
async function terminal(): Promise<Surroundings> {
  const { dev } = cli.app;
  return { ...cli.as({ ...dev, session: await cli.app.signIn(dev.id) }), stderrIsTTY: true };
}

async function createUsed(name: string, days: number): Promise<void> {
  const { id } = await createToken(cli.app, cli.app.dev, { name, expires_in: days * 86_400 });
  await cli.app.store.tokens.recordUses([
    { tokenId: id, at: cli.app.clock.now(), method: 'GET', path: '/', ip: null, userAgent: null },
  ]);
}

/** Returns a date such as `29 November 2026`. */
const inWords = (at: number) =>
  new Date(at).toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' });
const warning = (name: string) =>
  `warning: The token ${name} ends on ${inWords(cli.app.clock.now() + 6 * day)} (in 6 days). Run \`tokens rotate ${name}\` for a new value, or \`tokens edit ${name} --expires …\` to extend it.\n`;

it('warns about tokens that were used lately and end within a week, at most once a day', async () => {
  await createUsed('soon', 20);
  await createUsed('later', 30);
  await createToken(cli.app, cli.app.dev, { name: 'unused', expires_in: 20 * 86_400 });
  expect((await cli.run(['list'], await terminal())).stderr).toBe('');
  cli.app.clock.advance(12.75 * day);
  expect((await cli.run(['list'], await terminal())).stderr).toBe('');
  cli.app.clock.advance(day);
  for (const [argv, stderr] of [
    [['list'], warning('soon')],
    [['list'], ''],
    [['show', 'soon'], ''],
  ] as const) {
    expect(await cli.run([...argv], await terminal())).toMatchObject({ code: 0, stderr });
  }
  cli.app.clock.advance(day);
  expect((await cli.run(['whoami'], await terminal())).stderr).toMatch(/ends on \d+ \w+ \d{4} \(in 5 days\)\./);
});

it('warns only on a terminal, not with --json, and not about short-lived tokens', async () => {
  await createUsed('short', 1);
  await createUsed('soon', 6);
  const { stderrIsTTY: _, ...pipe } = await terminal();
  expect((await cli.run(['list'], pipe)).stderr).toBe('');
  expect((await cli.run(['list', '--json'], await terminal())).stderr).toBe('');
  expect((await cli.run(['list'], await terminal())).stderr).toBe(warning('soon'));
});

it('says nothing if the server cannot be asked', async () => {
  await createUsed('soon', 6);
  const fetch = appFetch(cli.app);
  let requests = 0;
  const once: typeof globalThis.fetch = (...request) => {
    requests += 1;
    return requests > 1 ? Promise.reject(new Error('down')) : fetch(...request);
  };
  expect(await cli.run(['list'], { ...(await terminal()), fetch: once })).toMatchObject({ code: 0, stderr: '' });
  expect(requests).toBe(2);
});
