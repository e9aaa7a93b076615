import { expect, it, onTestFinished } from 'vitest';
import { pageAccess } from '../../../server/web/shell/access.ts';
import { createToken, type Member, openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';
import { addWebhook } from '../../store/contract/webhooks/webhooks.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const maintainer = await app.addMember({ email: 'maintainer@example.com', can_manage_tokens: true });
  await createServiceAccount(app, 'ci', { maintainers: [maintainer] });
  await createServiceAccount(app, 'orphan', { maintainers: [] });
  await createAccountToken(app, maintainer, 'ci', { name: 'deploy' });
  await createTrust(app, { name: 'jobs', service_account: 'ci' });
  await addApp(app.store, { name: 'grafana' });
  await addWebhook(app.store, { events: ['app.deleted'] });
  for (const owner of [app.root, app.dev, maintainer]) await createToken(app, owner, { name: 'own' });
  return { app, as: { superuser: app.root, auditor, maintainer, member: app.dev } };
}

type Role = keyof Awaited<ReturnType<typeof open>>['as'];

/** Returns who may use the route, or undefined if there is no such page. */
function accessOf(method: string, path: string) {
  const shapes = Object.entries(pageAccess).filter(([route]) => {
    const [itsMethod, shape = ''] = route.split(' ');
    return itsMethod === method && new RegExp(`^${shape.replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
  });
  const [route] = shapes.toSorted(([one], [other]) => countOf(one) - countOf(other));
  return route?.[1];
}

const countOf = (route: string) => route.split(':').length;

const mayUse = (role: Role, access: string | undefined) =>
  access === 'anyone' ||
  access === 'member' ||
  (access === 'reader' && (role === 'superuser' || role === 'auditor')) ||
  (access === 'superuser' && role === 'superuser');

/** Pages of one kind look alike, so that one of them is enough: the address without IDs, orders and values. */
const kindOf = (href: string) =>
  href
    .replaceAll(/([?&]sort)=[^&]*/g, '$1=')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id')
    .replaceAll(/=[^&]*/g, (value) => (/^=[a-z-]+$/.test(value) ? value : '='));

const actionsIn = (html: string) =>
  [...html.matchAll(/<form[^>]*method="post" action="([^"]*)"/g)].map(([, action = '']) => action);

/** Returns the controls that nobody can use. The last superuser cannot leave, whatever their role. */
const disabledIn = (html: string) =>
  [...html.matchAll(/<(?:button|input|select|textarea)[^>]* disabled[^>]*>/g)]
    .map(([control]) => control)
    .filter((control) => !control.includes('last-superuser'));

const maxPages = 400;

/** Follows every link from the start page. Returns the addresses that did not open, and what the pages offer. */
async function walk(app: Awaited<ReturnType<typeof open>>['app'], as: Member) {
  const browser = openConsole(app, as);
  const [waiting, seen] = [['/overview'], new Set(['/overview'])];
  const [refused, actions, disabled] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let href = waiting.shift(); href !== undefined && seen.size < maxPages; href = waiting.shift()) {
    const { status, html } = await browser.get(href);
    if (status >= 400) refused.add(`${status} ${href}`);
    for (const action of actionsIn(html)) actions.add(action);
    for (const control of disabledIn(html)) disabled.add(`${control} on ${href}`);
    for (const [, link = ''] of html.matchAll(/<a [^>]*?href="(\/[^"#]*)/g)) {
      const next = link.replaceAll('&amp;', '&');
      if (seen.has(kindOf(next)) || /^\/(logout|assets)/.test(next)) continue;
      seen.add(kindOf(next));
      waiting.push(next);
    }
  }
  return { refused: [...refused], actions: [...actions], disabled: [...disabled], pages: seen.size };
}

it.each<[Role, number]>([
  ['superuser', 60],
  ['auditor', 30],
  ['maintainer', 25],
  ['member', 20],
])(
  'offers the role %s only links that open and forms that it may send, and disables nothing',
  async (role, atLeast) => {
    const { app, as } = await open();
    const { refused, actions, disabled, pages } = await walk(app, as[role]);
    expect(refused).toEqual([]);
    const forbidden = actions.filter((action) => !mayUse(role, accessOf('POST', action.replace(/[?#].*/, ''))));
    expect(forbidden).toEqual([]);
    expect(disabled).toEqual([]);
    expect(pages).toBeGreaterThan(atLeast);
    expect(pages).toBeLessThan(maxPages);
  },
);
