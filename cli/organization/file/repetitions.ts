import { normalizeHost } from '../../../shared/schemas/host.ts';
import { sectionNames, sections } from '../../../shared/schemas/organization/sections.ts';
import { pathText } from './mistakes.ts';
import type { Mistake, Path, YamlText } from './yaml-text.ts';

interface Found {
  readonly path: Path;
  readonly text: string;
}

/** Finds objects that the file lists twice, and hosts that it gives to two apps. */
export function repetitions(yaml: YamlText): Mistake[] {
  const twice = sectionNames.flatMap((name) => {
    const { key, identify } = sections[name];
    return repeated(keysIn(yaml.content, name, key), identify).map(({ again, before }) => ({
      ...yaml.position(again.path, 'value'),
      text: `${pathText(again.path)} is the same as ${pathText(before.path)}.`,
    }));
  });
  const shared = repeated(hostsIn(yaml.content), (host) => normalizeHost(host) ?? host)
    // The server leaves out a host that one app has twice.
    .filter(({ again, before }) => again.path[1] !== before.path[1])
    .map(({ again, before }) => ({
      ...yaml.position(again.path, 'value'),
      text: `${pathText(again.path)} is a host of ${pathText(before.path.slice(0, 2))} too. A host belongs to one app.`,
    }));
  return [...twice, ...shared];
}

function repeated(found: readonly Found[], identify: (text: string) => string) {
  const first = new Map<string, Found>();
  return found.flatMap((again) => {
    const identity = identify(again.text);
    const before = first.get(identity);
    if (before) return [{ again, before }];
    first.set(identity, again);
    return [];
  });
}

function keysIn(content: unknown, section: string, key: string): Found[] {
  return itemsOf(content, section).flatMap((item, index) => textAt([section, index, key], partOf(item, key)));
}

function hostsIn(content: unknown): Found[] {
  return itemsOf(content, 'apps').flatMap((app, index) =>
    itemsOf(app, 'hosts').flatMap((host, place) => textAt(['apps', index, 'hosts', place], host)),
  );
}

function textAt(path: Path, text: unknown): Found[] {
  return typeof text === 'string' ? [{ path, text }] : [];
}

function itemsOf(value: unknown, field: string): readonly unknown[] {
  const items = partOf(value, field);
  return Array.isArray(items) ? items : [];
}

function partOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
