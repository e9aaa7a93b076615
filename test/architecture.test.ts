import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Source {
  path: string;
  text: string;
  /** The text without comments. */
  code: string;
  imports: Array<{ target: string; typeOnly: boolean }>;
}

const sources: Source[] = ['shared', 'server', 'cli'].flatMap(readFolder);
const docsGenerator: Source[] = readFolder('scripts/docs');

function readFolder(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => read(join(folder, name)));
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/gm);
  const imports = [...statements].map(([, typeOnly, from, lazy]) => ({
    target: resolve(path, from ?? lazy ?? ''),
    typeOnly: typeOnly !== undefined,
  }));
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return { path, text, code, imports };
}

function resolve(importer: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(importer), specifier)) : specifier;
}

/** The imports that a room must not have. The linter has the same rules; this test applies even where it is disabled. */
const walls: Array<{ from: RegExp; never: RegExp; except?: RegExp }> = [
  { from: /^shared\//, never: /^(server|cli)\/|^(hono|knex|undici)\b|^@hono\// },
  { from: /^cli\//, never: /^server\/|^(knex|sqlite3|nodemailer)$/, except: /^cli\/api\/client\.ts$/ },
  { from: /^server\//, never: /^cli\/|^keytar$/ },
  { from: /^server\//, never: /^undici$/, except: /^server\/(sso\/provider-fetch|webhooks\/http-sender)\.ts$/ },
  {
    from: /^server\/domain\//,
    never:
      /^server\/(?!domain\/|(?:bounded-queue|memoize|pseudonym)\.ts$|store\/(store|records|limiter|token-filter|errors)\.ts$)|^(hono|@hono|knex|sqlite3|nodemailer|pino)\b|^node:(process|fs|net|http)/,
  },
  {
    from: /^server\/(http|web|jobs)\//,
    never:
      /^server\/(store\/(?!(store|records|errors)\.ts$)|mail\/(?!mailer\.ts$)|sso\/(?!provider\.ts$)|webhooks\/(?!sender\.ts$)|commands\/)|^(knex|sqlite3|nodemailer)$/,
  },
  { from: /^server\/(http|jobs)\//, never: /^server\/web\//, except: /^server\/http\/app\.ts$/ },
  {
    // Pages and components turn data into JSX. The exceptions handle requests.
    from: /^server\/web\/.*\.tsx$/,
    never:
      /^server\/(http\/|config\/|services\.ts$|web\/(console|.*routes|shell\/(access|error-responses|page-renderer))\.tsx?$)/,
    except: /\/(routes|[\w-]+-routes|console|error-responses|page-renderer)\.tsx$/,
  },
  {
    from: /^server\/([^/]+\.ts$|config\/|observability\/)/,
    never:
      /^server\/(store\/(knex|engine|maintenance|migrations|open)|mail\/(smtp|spool)\.ts|sso\/oidc\.ts)|^(knex|sqlite3|nodemailer)$/,
  },
  { from: /^server\/store\//, never: /^server\/(http|web|jobs|mail|domain|commands)\// },
  { from: /^server\/sso\//, never: /^server\/(http|web|jobs|commands|store)\// },
  { from: /^server\/webhooks\//, never: /^server\/(http|web|jobs|commands|store|mail|sso)\// },
  { from: /^server\/mail\//, never: /^server\/(http|web|jobs|commands)\// },
];

describe('imports', () => {
  it.each(walls)('in $from never match $never', ({ from, never, except }) => {
    const violations = sources
      .filter(({ path }) => from.test(path) && !except?.test(path))
      .flatMap(({ path, imports }) =>
        imports.filter(({ target }) => never.test(target)).map(({ target }) => `${path} → ${target}`),
      );
    expect(violations).toEqual([]);
  });

  it('of the CLI from the server are types only', () => {
    const client = sources.filter(({ path }) => path === 'cli/api/client.ts');
    expect(client).toHaveLength(1);
    const values = client.flatMap(({ imports }) =>
      imports.filter(({ target, typeOnly }) => target.startsWith('server/') && !typeOnly),
    );
    expect(values).toEqual([]);
  });

  it('have no circles, type-only imports included', () => {
    const graph = new Map(sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, trail: string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      else if (!done.has(path)) {
        for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
        done.add(path);
      }
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('every source file', () => {
  // The last one holds programs for people who create tokens.
  const edges =
    /^server\/(config\/config|observability\/log|main|domain\/clock)\.ts$|^cli\/(real-context|run-process|credentials\/keychain-process)\.ts$|^server\/web\/tokens\/value\/snippets\.ts$/;

  it('uses process, console, Date.now and Math.random only at the edges', () => {
    const touching = sources.filter(
      ({ path, code }) => !edges.test(path) && /\b(process\.|console\.\w+\(|Date\.now\(|Math\.random\()/.test(code),
    );
    expect(touching.map(({ path }) => path)).toEqual([]);
  });

  it('has at most 250 lines', () => {
    const long = sources.filter(
      ({ path, text }) => !path.includes('/migrations/') && text.trimEnd().split('\n').length > 250,
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('imports only packages that are not development dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const packages = sources.flatMap(({ imports }) =>
      imports
        .filter(({ target, typeOnly }) => !typeOnly && !/^(server|cli|shared)\/|^node:/.test(target))
        .map(({ target }) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(target)?.[0] ?? target),
    );
    expect([...new Set(packages)].filter((name) => !installed.includes(name))).toEqual([]);
  });

  it('is used by a program or by the generator of the documentation', () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { target } of [...sources, ...docsGenerator].find((source) => source.path === path)?.imports ?? [])
        visit(target);
    };
    visit('server/main.ts');
    visit('cli/run-process.ts');
    visit('cli/credentials/keychain-process.ts');
    for (const { path } of docsGenerator) visit(path);
    const orphans = sources.map(({ path }) => path).filter((path) => !reached.has(path) && !path.endsWith('.d.ts'));
    expect(orphans.map((path) => relative('.', path))).toEqual([]);
  });
});

describe('every folder', () => {
  /** Folders whose list of files grows by design, one file for each release. */
  const unlimited = /^server\/store\/migrations$/;

  const folders = ['shared', 'server', 'cli', 'test'].flatMap((room) => [
    room,
    ...readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  ]);

  it('holds at most 15 files', () => {
    const crowded = folders
      .filter((folder) => !unlimited.test(folder) && !folder.includes('node_modules'))
      .map((folder) => ({
        folder,
        files: readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isFile()).length,
      }))
      .filter(({ files }) => files > 15);
    expect(crowded).toEqual([]);
  });
});

describe('a text that may be a URL', () => {
  // Node.js 20 rejects texts with a letter such as `ü` once V8 has optimized `URL.canParse`.
  it('is read by parseUrl', () => {
    expect(sources.filter(({ code }) => code.includes('URL.canParse')).map(({ path }) => path)).toEqual([]);
  });
});

describe('a test that needs PostgreSQL', () => {
  const ofOtherProjects = /^test\/(store|e2e|browser|timing|nodes|bench|faults|attacks|installations)\//;

  it('is named *.engines.test.ts, so that `npm test` starts no database server', () => {
    const needy = readFolder('test')
      .filter(({ path }) => path.endsWith('.test.ts') && !ofOtherProjects.test(path))
      .filter(({ imports }) =>
        imports.some(({ target }) => /^test\/helpers\/(app\/engines|peers\/postgres)\./.test(target)),
      )
      .map(({ path }) => path);
    expect(needy.length).toBeGreaterThan(0);
    expect(needy.filter((path) => !path.endsWith('.engines.test.ts'))).toEqual([]);
  });
});
