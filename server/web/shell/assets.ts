import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const types = {
  'console.css': 'text/css',
  'console.js': 'text/javascript',
  /** Only the pages with a form for a passkey load it. */
  'passkeys.js': 'text/javascript',
  'icon.svg': 'image/svg+xml',
} as const;

/** The parts of the stylesheet, in their order: a later rule wins over an earlier one of the same weight. */
const styles = [
  'base',
  'buttons',
  'frame',
  'forms',
  'filters',
  'page',
  'lists',
  'selection',
  'pages/events',
  'pages/token-page',
  'dialogs',
  'pages/search',
  'narrow',
  'brief',
  'pages/members',
  'pages/overview',
  'print',
];

/** The parts of the script, in their order. They share one module. Every page also works without them. */
const scripts = [
  'values',
  'dialogs',
  'focus',
  'address',
  'messages',
  'times',
  'forms',
  'selection',
  'search',
  'new-events',
];

export interface Asset {
  type: string;
  body: string;
  /** First 12 hex digits of the content's SHA-256. */
  version: string;
}

export type AssetName = keyof typeof types;

const assets = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, load(name, type)])) as Record<
  AssetName,
  Asset
>;

function load(name: string, type: string): Asset {
  const body = bodyOf(name);
  return {
    type: `${type}; charset=utf-8`,
    body,
    version: createHash('sha256').update(body).digest('hex').slice(0, 12),
  };
}

function bodyOf(name: string): string {
  if (name === 'console.css') return styles.map((part) => read(`styles/${part}.css`)).join('\n');
  if (name === 'console.js') return scripts.map((part) => read(`scripts/${part}.js`)).join('\n');
  return read(name === 'passkeys.js' ? 'scripts/passkeys.js' : name);
}

function read(file: string): string {
  return readFileSync(new URL(`./assets/${file}`, import.meta.url), 'utf8');
}

/** Returns the asset's URL. It contains the version, so browsers may cache the file without revalidating it. */
export function assetUrl(name: AssetName): string {
  return `/assets/${name}?v=${assets[name].version}`;
}

/** Returns the asset with this file name, or null if there is none. */
export function findAsset(name: string): Asset | null {
  return Object.hasOwn(assets, name) ? assets[name as AssetName] : null;
}
