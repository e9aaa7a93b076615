import { expect, it, onTestFinished } from 'vitest';
import { pageAccess } from '../../../server/web/shell/access.ts';
import { findAsset } from '../../../server/web/shell/assets.ts';
import { views } from '../views.ts';
import { openWorld } from '../world.ts';

it('has a view of every page', async () => {
  const world = await openWorld();
  onTestFinished(() => world.stop());
  const paths: string[] = [];
  // One after the other, because some add what their page shows, once.
  for (const { path } of views) paths.push((await path(world)).replace(/[?#].*/, ''));
  const pages = Object.entries(pageAccess).flatMap(([route, access]) =>
    access !== 'file' && /^GET \/[^.]+$/.test(route) ? [route.slice('GET '.length)] : [],
  );
  const unseen = pages.filter((page) => {
    const shape = new RegExp(`^${page.replaceAll(/:\w+/g, '[^/]+')}$`);
    return !paths.some((path) => shape.test(path));
  });
  expect(unseen).toEqual([]);
});

it('has themes that differ in colors only', () => {
  // `light-dark()` takes two colors. A media query could change anything.
  for (const asset of ['console.css', 'console.js'])
    expect(findAsset(asset)?.body).not.toContain('prefers-color-scheme');
});
