import { expect, it, onTestFinished } from 'vitest';
import { appFetch, openTestCliWithApp } from '../../helpers/cli/cli.ts';
import { userRecord } from '../../store/contract/records.ts';

const members = 10_000;

it('plans a change among 10,000 members with full pages of their list', { timeout: 120_000 }, async () => {
  const cli = await openTestCliWithApp();
  onTestFinished(() => cli.close());
  await cli.app.store.transaction(async (store) => {
    for (let index = 0; index < members; index += 1) {
      const email = `m${index}@example.com`;
      await store.users.insert(userRecord({ email, emailFolded: email }));
    }
  });
  const requests: string[] = [];
  const send = appFetch(cli.app);
  const counted: typeof fetch = (input, init) => {
    requests.push(`${init?.method ?? 'GET'} ${String(input)}`);
    return send(input, init);
  };
  const listed = Array.from({ length: members }, (_, index) => ({
    email: `m${index}@example.com`,
    ...(index === 0 && { name: 'Zero' }),
  }));
  const stdin = JSON.stringify({ members: listed });
  const before = performance.now();
  const ran = await cli.run(['apply', '-f', '-', '--dry-run'], { ...cli.as(cli.app.root), stdin, fetch: counted });
  const elapsed = performance.now() - before;
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toContain('1 change: 0 to create, 1 to change, 0 to remove.');
  const pages = requests.filter((request) => request.includes('/users?'));
  // 200 members a page, and the superuser and other members of the test.
  expect(pages.length).toBeLessThanOrEqual(members / 200 + 1);
  expect(requests.length).toBeLessThanOrEqual(pages.length + 3);
  expect(elapsed).toBeLessThan(30_000);
});
