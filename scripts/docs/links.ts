import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Returns the relative links of Markdown documents that lead to no file or to no heading, as `document: link`. */
export function deadLinks(root: string, documents: readonly string[]): string[] {
  return documents.flatMap((document) =>
    linksOf(read(root, document))
      .filter((link) => !hasTarget(root, document, link))
      .map((link) => `${document}: ${link}`),
  );
}

function hasTarget(root: string, document: string, link: string): boolean {
  const [path = '', fragment] = link.split('#');
  const target = path === '' ? document : normalize(join(dirname(document), decodeURIComponent(path)));
  if (target.startsWith('..') || !existsSync(join(root, target))) return false;
  return fragment === undefined || anchorsOf(read(root, target)).includes(fragment);
}

/** Returns the targets of links and images without a scheme, which point into the repository. */
function linksOf(text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function anchorsOf(text: string): string[] {
  return [...withoutCode(text, /^```[\s\S]*?^```$/gm).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading));
}

/** Returns the fragment that GitHub and VitePress give a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s+/g, '-');
}

function withoutCode(text: string, pattern = /^```[\s\S]*?^```$|`[^`\n]*`/gm): string {
  return text.replaceAll(pattern, '');
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
