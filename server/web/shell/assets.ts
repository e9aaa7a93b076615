import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const types = { 'console.css': 'text/css', 'console.js': 'text/javascript', 'icon.svg': 'image/svg+xml' } as const;

export interface Asset {
  type: string;
  body: string;
  version: string;
}

export type AssetName = keyof typeof types;

const assets = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, load(name, type)])) as Record<
  AssetName,
  Asset
>;

function load(name: string, type: string): Asset {
  const body = readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
  return {
    type: `${type}; charset=utf-8`,
    body,
    version: createHash('sha256').update(body).digest('hex').slice(0, 12),
  };
}

/** The address of an asset, which changes with its content: browsers may keep it for ever. */
export function assetUrl(name: AssetName): string {
  return `/assets/${name}?v=${assets[name].version}`;
}

export function findAsset(name: string): Asset | null {
  return Object.hasOwn(assets, name) ? assets[name as AssetName] : null;
}
