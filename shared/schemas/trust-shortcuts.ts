/** The issuer and claims of a trust in a widely used system. */
export interface TrustShortcut {
  issuer: string;
  claims: Record<string, string>;
}

/** The issuer of the identity tokens of GitHub Actions. */
export const gitHubIssuer = 'https://token.actions.githubusercontent.com';

type GitHubLimits = Partial<Record<'ref' | 'environment' | 'workflow', string | undefined>>;

/**
 * Returns the issuer and claims that trust the jobs of a GitHub repository, or null if the text is not OWNER/REPO. Compares the
 * repository, not the subject, because an organization may choose another form for subjects.
 */
export function gitHubTrust(repository: string, { ref, environment, workflow }: GitHubLimits): TrustShortcut | null {
  if (!/^[^/\s*]+\/[^/\s*]+$/.test(repository)) return null;
  const fullRef = ref === undefined || ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  const file = workflow?.replace(/^\.github\/workflows\//, '');
  return {
    issuer: gitHubIssuer,
    claims: {
      repository,
      ...(fullRef !== undefined && { ref: fullRef }),
      ...(environment !== undefined && { environment }),
      ...(file !== undefined && { job_workflow_ref: `${repository}/.github/workflows/${file}@${fullRef ?? 'refs/*'}` }),
    },
  };
}

/**
 * Returns the issuer and claims that trust the pipelines of a GitLab project, or null if the text is not GROUP/PROJECT. A branch
 * and a tag can have the same name, so a ref has a type.
 */
export function gitLabTrust(project: string, ref: string | undefined): TrustShortcut | null {
  if (!/^[^/\s*]+(\/[^/\s*]+)+$/.test(project)) return null;
  const [, type = 'heads', name = ref ?? ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref ?? '') ?? [];
  const refClaims = { ref: name, ref_type: type === 'tags' ? 'tag' : 'branch' };
  return { issuer: 'https://gitlab.com', claims: { project_path: project, ...(ref !== undefined && refClaims) } };
}

/** Returns the issuer and claims that trust the pods of a cluster that run as this Kubernetes service account. */
export function kubernetesTrust(issuer: string, namespace: string, account: string): TrustShortcut {
  return { issuer, claims: { sub: `system:serviceaccount:${namespace}:${account}` } };
}
