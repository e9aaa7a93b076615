import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { designSystem } from '../../browser/design-system/app.tsx';
import { dialogs } from '../../browser/design-system/dialogs.tsx';
import { openTestApp } from '../../helpers/app/app.ts';
import { routesOf } from '../../helpers/app/routes.ts';
import { openConsole } from '../../helpers/console/pages.ts';

const root = join(import.meta.dirname, '../../..');
const components = join(root, 'server/web/shell/components');
const page = join(root, 'test/browser/design-system');

const sourcesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => ({ file, source: readFileSync(join(folder, file), 'utf8') }));

const exported = sourcesIn(components).flatMap(({ file, source }) =>
  [...source.matchAll(/^export function ([A-Z]\w*)/gm)].map(([, name = '']) => ({ file, name })),
);

it('finds the components of the console', () => {
  expect(exported.length).toBeGreaterThan(25);
});

it.each(exported)('shows the component $name itself, not a copy', ({ file, name }) => {
  const shown = sourcesIn(page).filter(
    ({ source }) =>
      new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '[./]*/server/web/shell/components/${file}'`).test(
        source,
      ) && new RegExp(`<${name}[\\s/>]`).test(source),
  );
  expect(shown.length).toBeGreaterThan(0);
});

it('renders the whole page and each dialog', async () => {
  const app = designSystem();
  const response = await app.request('/');
  const html = await response.text();
  expect(response.status).toBe(200);
  for (const part of ['--accent-shade', 'focus-visible', 'No tokens match.', 'two values', 'Bob was invited.']) {
    expect(html).toContain(part);
  }
  for (const name of Object.keys(dialogs)) {
    const dialog = await app.request(`/dialogs/${encodeURIComponent(name)}`);
    expect(await dialog.text(), name).toContain('<dialog open');
  }
});

it('is served by no route of tokensd', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  expect(routesOf(app.app).filter(({ path }) => /design|dialogs/.test(path))).toEqual([]);
  for (const path of ['/design-system', '/design', '/dialogs/value', '/assets/design-system']) {
    expect((await openConsole(app, app.root).get(path)).status, path).toBe(404);
  }
  const naming = [...sourcesIn(join(root, 'server')), ...sourcesIn(join(root, 'scripts'))].filter(({ source }) =>
    source.includes('design-system'),
  );
  expect(naming).toEqual([]);
});
