import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { addApp } from '../../http/tokens/rules/gate.ts';

const tokens = '/profile/api-tokens';

async function open(names: readonly string[]) {
  const app = await openTestApp();
  onTestFinished(app.close);
  for (const name of names) await addApp(app, name, { groups: ['secret-group'], hosts: [`${name}.example.com`] });
  const token = await createToken(app, app.dev, { name: 'ci' });
  const browser = openConsole(app, app.dev);
  return {
    browser,
    /** The forms in which a member without any role restricts a token to apps, each also as it is after a mistake. */
    async forms() {
      const [create, edit] = [`${tokens}?dialog=create`, `${tokens}/${token.id}?dialog=edit`];
      const shown = [(await browser.get(create)).html];
      shown.push((await browser.submit(tokens, { name: 'x', expires: '3600', allow: 'wrong' })).html);
      shown.push((await browser.get(edit)).html);
      shown.push((await browser.submit(`${tokens}/${token.id}/edit`, { name: 'ci', allow: 'wrong' })).html);
      return shown;
    },
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `app-${String(at).padStart(3, '0')}`);

/** Returns the names that browsers offer, and those that are written below the field. */
function namesIn(html: string): { offered: string[]; written: string[] } {
  // The page below the dialog has options of its own.
  const dialog = html.slice(html.indexOf('<dialog'));
  const texts = (pattern: RegExp) => [...dialog.matchAll(pattern)].map(([, text = '']) => text);
  const list = /<ul class="names".*?<\/ul>/s.exec(html)?.[0] ?? '';
  return {
    offered: texts(/<option value="([^"]*)"/g),
    written: [...list.matchAll(/<li>(.*?)<\/li>/g)].map(([, text = '']) => text),
  };
}

it('lists the names of a few apps to every member, and nothing else about them', async () => {
  const names = ['grafana', 'immich', 'sonarr'];
  const { forms } = await open(['sonarr', 'grafana', 'immich']);
  for (const html of await forms()) {
    expect(html).toMatch(/<input id="apps"[^>]* list="apps-names"/);
    expect(namesIn(html)).toEqual({ offered: names, written: names });
    expect(html).not.toMatch(/<details><summary/);
    expect(html).not.toMatch(/secret-group|grafana\.example\.com/);
  }
});

it('folds the names of many apps away', async () => {
  const { forms } = await open(numbered(200));
  for (const html of await forms()) {
    expect(html).toMatch(/<details><summary[^>]*>All 200 apps<\/summary>/);
    expect(namesIn(html)).toEqual({ offered: numbered(200), written: numbered(200) });
    expect(html).not.toContain('tokens apps list');
  }
});

it('says how to see the names that it leaves out', async () => {
  const { browser } = await open(numbered(501));
  const { html } = await browser.get(`${tokens}?dialog=create`);
  expect(namesIn(html)).toEqual({ offered: numbered(500), written: numbered(500) });
  expect(textOf(html)).toContain('500 of all apps');
  expect(textOf(html)).toContain('Run tokens apps list to see the others.');
});

it('says that there are no apps, instead of a field that only rejects', async () => {
  const { browser, forms } = await open([]);
  for (const html of await forms()) {
    expect(textOf(html)).toContain('No apps are registered.');
    expect(html).not.toContain('name="apps"');
  }
  await browser.get(`${tokens}?dialog=create`);
  const { html } = await browser.submit(tokens, { name: 'x', expires: '3600', apps: '- nowhere' });
  expect(html).toMatch(/<input id="apps"[^>]* value="- nowhere"/);
});
