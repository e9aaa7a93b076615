// Checks the built site: every link leads to a page, a heading or a file of the site, and nothing loads from elsewhere.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const site = join(import.meta.dirname, '../../site');
const files = readdirSync(site, { recursive: true }).filter((name) => statSync(join(site, name)).isFile());
const pages = new Map(
  files.filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(join(site, name), 'utf8')]),
);
const idsOf = (html) => new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
const ids = new Map([...pages].map(([name, html]) => [name, idsOf(html)]));

/** Returns why a link of a page is dead, or undefined. */
function faultOf(page, link) {
  const [path, fragment] = link.replaceAll('&amp;', '&').split('#');
  const absolute = path.startsWith('/') ? path.slice(1) : relative(site, join(site, dirname(page), path));
  const target = path === '' ? page : decodeURIComponent(absolute === '' ? 'index.html' : absolute);
  if (!files.includes(target)) return `${page}: ${link}: no such file`;
  if (fragment && ids.has(target) && !ids.get(target).has(decodeURIComponent(fragment))) {
    return `${page}: ${link}: no such heading`;
  }
  return undefined;
}

const faults = [];
for (const [page, html] of pages) {
  for (const [, link] of html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) {
    if (!/^[a-z]+:/.test(link)) faults.push(faultOf(page, link));
  }
  for (const [, url] of html.matchAll(/<(?:script|img|link|iframe)\s[^>]*?(?:src|href)="(https?:[^"]*|\/\/[^"]*)"/g)) {
    faults.push(`${page}: ${url}: loads from another site`);
  }
}
for (const name of files.filter((file) => file.endsWith('.css'))) {
  const css = readFileSync(join(site, name), 'utf8');
  for (const [, url] of css.matchAll(/(?:@import\s+|url\()["']?(https?:[^"')]*)/g)) {
    faults.push(`${name}: ${url}: loads from another site`);
  }
}
const dead = faults.filter((fault) => fault !== undefined);
for (const fault of dead) process.stderr.write(`${fault}\n`);
process.stdout.write(`${pages.size} pages, ${dead.length} faults.\n`);
process.exit(dead.length === 0 && pages.size > 0 ? 0 : 1);
