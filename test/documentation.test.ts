import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../server/config/settings.ts';
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

/** The tests that a document names, as paths. */
const testsIn = (text: string) => [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
const isHere = (path: string) => existsSync(join(import.meta.dirname, '..', path));

describe('a promise', () => {
  const rows = (path: string, header: string) => {
    const [, after = ''] = read(path).split(`${header}\n`);
    const lines = after.split('\n').slice(1);
    return lines.slice(0, lines.indexOf(''));
  };
  const promises = [...rows('SECURITY.md', '| promise | how | test |'), ...rows('README.md', '| when | then | test |')];

  it('names the tests that hold it, each of which is there', () => {
    expect(promises.length).toBeGreaterThan(60);
    expect(promises.filter((row) => testsIn(row).length === 0)).toEqual([]);
    expect(testsIn(promises.join('\n')).filter((path) => !isHere(path))).toEqual([]);
  });

  it.each(['test/faults', 'test/attacks'])('is what each test in %s is for', (room) => {
    const files = readdirSync(join(import.meta.dirname, '..', room)).filter((name) => name.endsWith('.test.ts'));
    const named = new Set(testsIn(promises.join('\n')));
    // What guards the tests themselves is for no promise.
    const unnamed = files.map((name) => `${room}/${name}`).filter((path) => !named.has(path));
    expect(unnamed).toEqual(room === 'test/faults' ? ['test/faults/released-schemas.test.ts'] : []);
  });
});
