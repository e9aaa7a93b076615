import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { raw } from 'hono/html';

const { resolve } = createRequire(import.meta.url);

const names = [
  ...([
    'apps',
    'check-circle-fill',
    'chevron-down',
    'circle',
    'device-desktop',
    'history',
    'gear',
    'home',
    'hubot',
    'kebab-horizontal',
    'key',
    'key-asterisk',
  ] as const),
  ...([
    'link',
    'log',
    'moon',
    'people',
    'person',
    'search',
    'server',
    'sign-out',
    'sun',
    'three-bars',
    'webhook',
    'x',
  ] as const),
];

export type IconName = (typeof names)[number];

const icons = Object.fromEntries(names.map((name) => [name, load(name)])) as Record<IconName, string>;

/** Reads an icon of GitHub's Octicons. It is decoration: the text beside it, or the label of its button, says what it means. */
function load(name: string): string {
  const svg = readFileSync(resolve(`@primer/octicons/build/svg/${name}-16.svg`), 'utf8');
  return svg.replace('<svg ', '<svg class="icon" aria-hidden="true" ');
}

/** An icon, inlined because the content security policy of the console allows no other host. */
export function Icon({ name }: { name: IconName }) {
  return raw(icons[name]);
}
