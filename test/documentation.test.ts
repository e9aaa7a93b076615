import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../server/settings.ts';
import { problems } from '../shared/problems.ts';
import { auditActions } from '../shared/schemas/audit.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const readme = read('README.md');

/** The rows of the table under this header, cells trimmed and without backquotes. */
function table(header: string): string[][] {
  const [, after] = readme.split(`${header}\n`);
  const lines = (after ?? '').split('\n').slice(1);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('the README', () => {
  it('documents every problem with its status, exit code and title, and no other', () => {
    const catalogue = Object.entries(problems).map(([code, { status, exit, title }]) => [
      code,
      `${status}`,
      `${exit}`,
      title,
    ]);
    expect(table('| code | status | exit code | title |')).toEqual(catalogue);
  });

  it('documents every setting in order, and no other', () => {
    expect(table('| setting | default | meaning |').map(([name]) => name)).toEqual(settingNames);
  });

  it('documents every audited action, and no other', () => {
    expect(table('| action | when |').map(([action]) => action)).toEqual([...auditActions]);
  });

  it('documents every exit code that a problem can have', () => {
    const codes = table('| exit code | meaning |').map(([code]) => Number(code));
    const used = new Set<number>(Object.values(problems).map(({ exit }) => exit));
    expect(new Set(codes)).toEqual(used.add(0));
  });

  it.each(['examples/nginx.conf', 'examples/Caddyfile'])('shows %s as the tests run it', (path) => {
    expect(readme).toContain(`\`\`\`\n${read(path)}\`\`\``);
  });
});

describe('SECURITY.md', () => {
  it('names tests that exist', () => {
    const named = [...read('SECURITY.md').matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(join(import.meta.dirname, '..', path)))).toEqual([]);
  });
});
