import {
  gitHubTrust,
  gitLabTrust,
  kubernetesTrust,
  type TrustShortcut,
} from '../../../shared/schemas/trust-shortcuts.ts';
import { localError } from '../../errors.ts';

/** Options that set an issuer and claims. */
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

/** Returns the issuer and claims of the shortcut among the options, or null if there is none. @throws CliError `usage`. */
export function shortcutOf(options: ShortcutOptions): TrustShortcut | null {
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

function gitHub(repository: string, limits: Parameters<typeof gitHubTrust>[1]): TrustShortcut {
  const shortcut = gitHubTrust(repository, limits);
  if (shortcut === null) throw localError('usage', 'Write --github as OWNER/REPO.');
  return shortcut;
}

function gitLab(project: string, ref: string | undefined): TrustShortcut {
  const shortcut = gitLabTrust(project, ref);
  if (shortcut === null) throw localError('usage', 'Write --gitlab as GROUP/PROJECT.');
  return shortcut;
}

function kubernetesCluster(issuer: string, namespace: string | undefined, account: string | undefined): TrustShortcut {
  if (namespace === undefined || account === undefined) {
    throw localError('usage', '--kubernetes needs --namespace and --kubernetes-service-account.');
  }
  return kubernetesTrust(issuer, namespace, account);
}
