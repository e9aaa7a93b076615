import { cp, mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Documents at the root of the repository that are pages of the site as well. */
const rootPages = {
  'ARCHITECTURE.md': 'docs/project/architecture.md',
  'CHANGELOG.md': 'docs/project/changelog.md',
  'CONTRIBUTING.md': 'docs/project/contributing.md',
  'SECURITY.md': 'docs/project/security.md',
};

const linkedFiles = new Set();

/**
 * Adapts relative links, which are written for readers of the repository, to the site. A link to a document at the root
 * becomes a link to its page. A link to another file of the repository becomes a link to a copy of the file under `/files/`.
 */
export function linkToRepository(md) {
  const renderPageLink = md.renderer.rules.link_open;
  md.renderer.rules.link_open = (tokens, index, options, env, self) => {
    const token = tokens[index];
    const [path, fragment] = (token.attrGet('href') ?? '').split('#');
    if (path === '' || /^[a-z]+:|^\//.test(path)) return renderPageLink(tokens, index, options, env, self);
    const target = repositoryPath(path, env);
    const page = rootPages[target] ?? (/^docs\/.*\.md$/.test(target) ? target : undefined);
    if (page === undefined) {
      linkedFiles.add(target);
      token.attrSet('href', `/files/${target}`);
      token.attrSet('target', '_blank');
      return self.renderToken(tokens, index, options);
    }
    const href = relative(dirname(env.path), join(root, page));
    token.attrSet('href', fragment === undefined ? href : `${href}#${fragment}`);
    return renderPageLink(tokens, index, options, env, self);
  };
}

/** The path of a link's target from the root. A page that includes a root document names it as `source`. */
function repositoryPath(path, env) {
  const source = env.frontmatter?.source;
  return relative(root, resolve(source ? root : dirname(env.path), decodeURIComponent(path)));
}

/** Copies every file that a page links to into the site. */
export async function copyLinkedFiles({ outDir }) {
  for (const file of linkedFiles) {
    const target = join(outDir, 'files', file);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(root, file), target);
  }
}
