import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

const data = (email: string) => ['users', 'data', email];

it('prints the data of a member to superusers, and to the member', async () => {
  const { id } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  for (const as of [cli.app.root, cli.app.dev]) {
    const ran = await cli.run(data('DEV@example.com'), cli.as(as));
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      account: [{ email: 'dev@example.com' }],
      tokens: [{ id, name: 'ci' }],
    });
  }
});

it('denies another member, and finds nobody', async () => {
  const denied = await cli.run(data('root@example.com'), cli.as(cli.app.dev));
  expect(denied).toMatchObject({ code: 4, stdout: '' });
  expect((await cli.run(data('nobody@example.com'), cli.as(cli.app.root))).code).toBe(3);
});

it('writes control characters as escapes, and more than one response elsewhere may have', async () => {
  const user = { kind: 'user', id: cli.app.dev.id, email: cli.app.dev.email } as const;
  const userAgent = `\u009b2J ${'é'.repeat(9_000)}`;
  for (let count = 0; count < 1_000; count += 1) {
    await cli.app.store.audit.insert({
      id: `event-${count}`,
      ...{ at: 0, actor: user, action: 'session.created', ip: null, userAgent, ownerId: user.id },
      target: { kind: 'session', id: null, name: null },
    });
  }
  const { code, stdout } = await cli.run(data('dev@example.com'), cli.as(cli.app.dev));
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u009b');
  expect(stdout).toContain('\\u009b2J');
  expect(Buffer.byteLength(stdout)).toBeGreaterThan(16 * 1024 * 1024);
  expect(JSON.parse(stdout).audit.map(({ user_agent: agent }: { user_agent: string }) => agent)).toEqual(
    Array.from({ length: 1_000 }, () => userAgent),
  );
});

it('fails if the connection breaks, and if another program responds', async () => {
  const answer = appFetch(cli.app);
  const respondWith =
    (response: () => Response): typeof fetch =>
    async (input, init) =>
      String(input).endsWith('/data') ? response() : answer(input, init);
  const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  const broken = () => {
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulls += 1;
        if (pulls === 1) controller.enqueue(new TextEncoder().encode('{\n"account": ['));
        else controller.error(lost);
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'application/json' } });
  };
  const as = cli.as(cli.app.dev);
  const cut = await cli.run([...data('dev@example.com'), '--json'], { ...as, fetch: respondWith(broken) });
  expect(cut.code).not.toBe(0);
  expect(JSON.parse(cut.stderr)).toMatchObject({ code: 'unreachable' });
  const page = () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } });
  const other = await cli.run([...data('dev@example.com'), '--json'], { ...as, fetch: respondWith(page) });
  expect(JSON.parse(other.stderr)).toMatchObject({ code: 'not-tokensd' });
});
