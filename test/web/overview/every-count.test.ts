import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import {
  canariesPath,
  deniedTokensPath,
  expiringIn30DaysPath,
  reportedTokensPath,
} from '../../../server/web/overview/overview-paths.ts';
import { type ReportedTokens, reportedTokens } from '../../../shared/tokens/report.ts';
import { type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type Browser, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { addTrust } from '../../store/contract/machines/trusts.ts';
import { actor, addToken, newDenied, useOf } from '../../store/contract/records.ts';

const day = 86_400_000;
const overview = '/overview';
const allTokens = '/organization/tokens';
const ownTokens = '/profile/api-tokens';

/** What can be true of a token, in each combination. Times are days before or after now. */
const tokenCase = fc.record({
  owner: fc.constantFrom('member', 'blocked', 'disabled', 'reader', 'account', 'job'),
  kind: fc.constantFrom('plain', 'plain', 'canary', 'key'),
  created: fc.constantFrom(1, 40, 100, 400),
  expires: fc.constantFrom(null, null, -1, 3, 20, 200),
  used: fc.constantFrom(null, 0.1, 50, 120),
  denied: fc.constantFrom(null, 0.5, 2),
  rotated: fc.constantFrom(null, 0.5),
  paused: fc.boolean(),
});
type TokenCase = typeof tokenCase extends fc.Arbitrary<infer T> ? T : never;

interface World {
  app: TestApp;
  owners: Record<string, string>;
  trustId: string;
  /** Readers of the pages: each counts what they may see. */
  readers: Member[];
}

async function openWorld(): Promise<World> {
  const app = await openTestApp();
  onTestFinished(app.close);
  const member = await app.addMember({ email: 'member@example.com', can_manage_tokens: true });
  const blocked = await app.addMember({ email: 'blocked@example.com' });
  const disabled = await app.addMember({ email: 'disabled@example.com', can_manage_tokens: true });
  const reader = await app.addMember({ email: 'reader@example.com', superuser: true, can_manage_tokens: true });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const account = await addServiceAccount(app.store, 'ci');
  const jobs = await addServiceAccount(app.store, 'jobs');
  await app.store.serviceAccounts.addMaintainer(account.id, member.id);
  const trust = await addTrust(app.store, jobs);
  await app.store.users.setDisabled(disabled.id, true);
  const owners = {
    ...{ member: member.id, blocked: blocked.id, disabled: disabled.id },
    ...{ reader: reader.id, account: account.id, job: jobs.id },
  };
  return { app, owners, trustId: trust.id, readers: [reader, auditor, member, blocked] };
}

async function add({ app: { store, clock }, owners, trustId }: World, token: TokenCase): Promise<void> {
  const now = clock.now();
  const { owner, expires, denied } = token;
  const kind = owner === 'job' || token.kind === 'key' ? (owner === 'account' ? token.kind : 'plain') : token.kind;
  const { id, prefix } = await addToken(store, owners[owner] ?? '', {
    createdAt: now - token.created * day,
    expiresAt: expires === null ? null : now + expires * day,
    canary: kind === 'canary',
    manage: kind === 'key' ? 'tokens:read' : null,
    trustId: owner === 'job' ? trustId : null,
  });
  if (token.rotated !== null && kind === 'plain') {
    const at = now - token.rotated * day;
    const values = { hash: `rotated ${id}`, prefix: 'tok_rotated1', at, validUntil: now + day, expiresAt: null };
    await store.tokens.rotate(id, { ...values, lifetimeMs: null, selfRotated: false, replacesUnused: false });
  }
  if (token.used !== null) await store.tokens.recordUses([{ ...useOf(id, { at: now - token.used * day }), prefix }]);
  if (denied !== null) {
    await store.transaction((store) => store.usage.addDenied([newDenied(id, { at: now - denied * day })], now));
  }
  if (token.paused) await store.tokens.pause(id, { at: now, until: null, reason: null, actor, bySuperuser: false });
}

interface ShownCount {
  /** The text of the link, which begins with the number. */
  text: string;
  number: number;
  path: string;
}

/** Returns every number on a page that leads to a list. */
function countsOn(html: string): ShownCount[] {
  const main = /<main\b.*<\/main>/s.exec(html)?.[0] ?? '';
  return [...main.matchAll(/<a\b[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].flatMap(([, href = '', content = '']) => {
    const text = textOf(content);
    const number = /^(\d[\d,]*) /.exec(text)?.[1]?.replaceAll(',', '');
    return number === undefined ? [] : [{ text, number: Number(number), path: href.replaceAll('&amp;', '&') }];
  });
}

/** Counts the rows of a list on all its pages, and expects the list to say that number itself. */
async function lengthOf(browser: Browser, path: string): Promise<number> {
  const { status, html } = await browser.get(path);
  expect(status, path).toBe(200);
  const rows = html.match(/<th scope="row">/g)?.length ?? 0;
  const next = /rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  const length = rows + (next === undefined ? 0 : await lengthOf(browser, next));
  const said = /<p class="attention"><span>([\d,]+) /.exec(html)?.[1];
  if (said !== undefined && !path.includes('cursor='))
    expect([path, Number(said.replaceAll(',', ''))]).toEqual([path, length]);
  return length;
}

/** Follows every number on a page that the reader may open, and returns the paths of the lists. */
async function follow(browser: Browser, page: string): Promise<string[]> {
  const { status, html } = await browser.get(page);
  if (status === 403) return [];
  if (page !== overview) await lengthOf(browser, page);
  const counts = countsOn(html);
  for (const { text, number, path } of counts) {
    expect([page, path, text, await lengthOf(browser, path)]).toEqual([page, path, text, number]);
  }
  return counts.map(({ path }) => path);
}

it('shows as each number of the overview and above lists the length of the list that it leads to', async () => {
  const world = await openWorld();
  const { app, readers } = world;
  const followed = new Set<string>();
  const check = async (tokens: TokenCase[]) => {
    for (const token of tokens) await add(world, token);
    // The numbers of the organization are at most a minute old.
    app.clock.advance(61_000);
    for (const reader of readers) {
      const browser = openConsole(app, { ...reader, session: await app.signIn(reader.id) });
      for (const page of [overview, allTokens, ownTokens]) {
        for (const path of await follow(browser, page)) followed.add(path);
      }
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(tokenCase, { minLength: 15, maxLength: 15 }), check), { numRuns: 5 });
  // These are always there. Without them, the test would follow no link, and pass.
  const reported = (Object.keys(reportedTokens) as ReportedTokens[]).map(reportedTokensPath);
  const others = [deniedTokensPath, expiringIn30DaysPath, canariesPath, '/organization/service-accounts?orphaned=true'];
  const own = ['', '?expiring_within=604800', '?expiring_within=2592000', '?denied_within=86400', '?two_values=true'];
  const always = [...reported, ...others, ...own.map((query) => `${ownTokens}${query}`)];
  expect(always.filter((path) => !followed.has(path))).toEqual([]);
}, 60_000);
