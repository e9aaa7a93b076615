import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { organizationJsonSchema } from '../../shared/schemas/organization/json-schema.ts';
import { type ApiDescription, apiReference } from './api-reference.ts';
import { commandReference } from './command-reference.ts';
import { manPages } from './man-pages.ts';
import { codeBlock, fillRegions } from './markdown.ts';
import { auditTable, exitCodesTable, problemsTable, settingsTable } from './tables.ts';

/** The sources of the generated parts of the documentation. */
export interface Sources {
  root: string;
  tokens: Command;
  tokensd: Command;
  api: ApiDescription;
}

export interface Page {
  /** Relative to the root. */
  path: string;
  content: string;
}

/** Returns every page that is generated or has generated regions, with its expected content. */
export function generatedPages(sources: Sources): Page[] {
  const { root, tokens, tokensd, api } = sources;
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const regions = {
    settings: settingsTable(),
    problems: problemsTable(),
    'exit-codes': exitCodesTable(),
    audit: auditTable(),
    nginx: codeBlock(read('examples/nginx.conf')),
    caddy: codeBlock(read('examples/Caddyfile')),
    haproxy: codeBlock(read('examples/haproxy.cfg')),
    'haproxy-lua': codeBlock(read('examples/haproxy.lua')),
    apache: codeBlock(read('examples/apache.conf')),
    'apache-lua': codeBlock(read('examples/apache.lua')),
    traefik: codeBlock(read('examples/traefik/tokens.yaml')),
    envoy: codeBlock(read('examples/envoy/envoy.yaml')),
    'envoy-gateway': codeBlock(read('examples/envoy/security-policy.yaml')),
    organization: codeBlock(read('examples/organization.yaml')),
    'nginx-apps': codeBlock(read('examples/nginx-apps.conf')),
    'nginx-people': codeBlock(read('examples/nginx-people.conf')),
    'nginx-authelia': codeBlock(read('examples/nginx-authelia.conf')),
    'nginx-authentik': codeBlock(read('examples/nginx-authentik.conf')),
    'caddy-apps': codeBlock(read('examples/Caddyfile-apps')),
    'caddy-people': codeBlock(read('examples/Caddyfile-people')),
    'caddy-authelia': codeBlock(read('examples/Caddyfile-authelia')),
    'caddy-authentik': codeBlock(read('examples/Caddyfile-authentik')),
    'haproxy-apps': codeBlock(read('examples/haproxy-apps.cfg')),
    'apache-apps': codeBlock(read('examples/apache-apps.conf')),
    'traefik-people': codeBlock(read('examples/traefik/people.yaml')),
  };
  const withRegions = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .map((path) => ({ path, before: read(path) }))
    .filter(({ before }) => before.includes('<!-- generated: '))
    .map(({ path, before }) => ({ path, content: fillRegions(before, regions) }));
  return [
    ...withRegions,
    { path: 'docs/reference/tokens.md', content: commandReference(tokens) },
    { path: 'docs/reference/tokensd.md', content: commandReference(tokensd) },
    { path: 'package.json', content: withManPages(read('package.json'), [tokens, tokensd]) },
    { path: 'docs/reference/api.md', content: apiReference(api) },
    {
      path: 'docs/public/schemas/organization.json',
      content: `${JSON.stringify(organizationJsonSchema(), null, 2)}\n`,
    },
  ];
}

/** Lists every manual page in package.json. npm installs only those that are listed one by one. */
function withManPages(packageJson: string, programs: readonly Command[]): string {
  const files = programs.flatMap((program) => manPages(program, '')).map(({ file }) => `dist/man/${file}`);
  return `${JSON.stringify({ ...JSON.parse(packageJson), man: files }, null, 2)}\n`;
}
