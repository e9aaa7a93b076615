import { closestMatch } from 'leven';
import type { z } from 'zod';
import { redact } from '../../../shared/redact.ts';
import type { Mistake, Path, YamlText } from './yaml-text.ts';

type Issue = z.core.$ZodIssue;

/** The words for the entries of an object's lists. */
const contents: Readonly<Record<string, string>> = {
  hosts: 'host names',
  maintainers: 'email addresses',
  networks: 'networks',
  allow: 'rules',
  events: 'events',
};
const types: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a whole number',
  int: 'a whole number',
  object: 'a map',
  record: 'a map',
};

/** Turns the schema's issues into sentences with positions. `fieldsAt` returns the known fields of the map at a path. */
export function mistakesOf(
  issues: readonly Issue[],
  yaml: YamlText,
  fieldsAt: (path: Path) => readonly string[],
): Mistake[] {
  // One value can break several rules. The first one is enough.
  const first = new Map(
    issues.map((issue) => [`${issue.code === 'unrecognized_keys'} ${pathText(issue.path)}`, issue] as const).reverse(),
  );
  return [...first.values()].flatMap((issue): Mistake[] => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ ...yaml.position(issue.path, 'value'), text: sentence(issue, yaml.content) }];
    }
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const near = closestMatch(key, fieldsAt(issue.path), { maxDistance: Math.min(3, Math.ceil(key.length / 3)) });
      const advice = near === undefined ? '' : ` Did you mean "${near}"?`;
      return { ...yaml.position(path, 'key'), text: redact(`${pathText(path)} is not known.${advice}`) };
    });
  });
}

/** Returns a path as people write it: `apps[2].groups`. */
export function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function sentence(issue: Issue, content: unknown): string {
  const { path, message } = issue;
  const value = valueAt(content, path);
  if (path.length === 0) return 'The file must be a map of sections, such as members and apps.';
  const where = pathText(path);
  if (value === undefined) return `${where} is required.`;
  // The schema writes better sentences of its own for these.
  const hasOwnMessage = !message.startsWith('Invalid input');
  if (issue.code === 'invalid_type' && !hasOwnMessage)
    return `${where} must be ${wanted(issue, path)}.${advice(issue, value)}`;
  const field = String(path.at(-1));
  const text = message.endsWith('.') ? message : `${message}.`;
  return text.startsWith(`${field} `) ? where + text.slice(field.length) : `${where}: ${text}`;
}

function wanted({ expected }: Extract<Issue, { code: 'invalid_type' }>, path: Path): string {
  const field = String(path.at(-1));
  if (expected !== 'array') return types[expected] ?? expected;
  if (path.length === 1) return `a list of ${field.replaceAll('_', ' ')}`;
  return `a list of ${contents[field] ?? 'names'}`;
}

/** YAML reads words such as true, and digits, as something other than text. */
function advice({ expected }: Extract<Issue, { code: 'invalid_type' }>, value: unknown): string {
  if (expected === 'array' && value === null) return ' Write [] for an empty list, or leave it out.';
  const needsQuotes = expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  return needsQuotes ? ' Put it in quotes.' : '';
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    content,
  );
}
