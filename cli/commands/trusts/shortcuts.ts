import { localError } from '../../errors.ts';

/** Options that stand for an issuer and claims. */
export interface ShortcutOptions {
  github?: string;
  gitlab?: string;
  kubernetes?: string;
  ref?: string;
  environment?: string;
  workflow?: string;
  namespace?: string;
  kubernetesServiceAccount?: string;
}

/** What a shortcut sets. */
export interface Shortcut {
  issuer: string;
  claims: Record<string, string>;
}

/** Returns what the shortcut among the options sets, or null if there is none. @throws CliError `usage`. */
export function shortcutOf(options: ShortcutOptions): Shortcut | null {
  const { github, gitlab, kubernetes, ref, environment, workflow, namespace, kubernetesServiceAccount } = options;
  if ((environment ?? workflow) !== undefined && github === undefined) {
    throw localError('usage', '--environment and --workflow need --github.');
  }
  if (ref !== undefined && github === undefined && gitlab === undefined) {
    throw localError('usage', '--ref needs --github or --gitlab.');
  }
  if ((namespace ?? kubernetesServiceAccount) !== undefined && kubernetes === undefined) {
    throw localError('usage', '--namespace and --kubernetes-service-account need --kubernetes.');
  }
  if (github !== undefined) return gitHub(github, { ref, environment, workflow });
  if (gitlab !== undefined) return gitLab(gitlab, ref);
  if (kubernetes !== undefined) return kubernetesCluster(kubernetes, namespace, kubernetesServiceAccount);
  return null;
}

/** The repository, not the subject, because an organization may choose another form for subjects. */
function gitHub(
  repository: string,
  { ref, environment, workflow }: Record<'ref' | 'environment' | 'workflow', string | undefined>,
): Shortcut {
  if (!/^[^/\s*]+\/[^/\s*]+$/.test(repository)) throw localError('usage', 'Write --github as OWNER/REPO.');
  const fullRef = ref === undefined || ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  const file = workflow?.replace(/^\.github\/workflows\//, '');
  return {
    issuer: 'https://token.actions.githubusercontent.com',
    claims: {
      repository,
      ...(fullRef !== undefined && { ref: fullRef }),
      ...(environment !== undefined && { environment }),
      ...(file !== undefined && { job_workflow_ref: `${repository}/.github/workflows/${file}@${fullRef ?? 'refs/*'}` }),
    },
  };
}

/** A branch and a tag can have the same name, so a ref has a type. */
function gitLab(project: string, ref: string | undefined): Shortcut {
  if (!/^[^/\s*]+(\/[^/\s*]+)+$/.test(project)) throw localError('usage', 'Write --gitlab as GROUP/PROJECT.');
  const [, type = 'heads', name = ref ?? ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref ?? '') ?? [];
  const refClaims = { ref: name, ref_type: type === 'tags' ? 'tag' : 'branch' };
  return { issuer: 'https://gitlab.com', claims: { project_path: project, ...(ref !== undefined && refClaims) } };
}

function kubernetesCluster(issuer: string, namespace: string | undefined, account: string | undefined): Shortcut {
  if (namespace === undefined || account === undefined) {
    throw localError('usage', '--kubernetes needs --namespace and --kubernetes-service-account.');
  }
  return { issuer, claims: { sub: `system:serviceaccount:${namespace}:${account}` } };
}
