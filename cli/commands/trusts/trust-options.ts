import { type Command, Option } from 'commander';
import { limits } from '../../../shared/limits.ts';
import type { EditTrustBody } from '../../../shared/schemas/trusts.ts';
import { parseDuration } from '../../../shared/times/duration.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { repeated } from '../../input/repeated.ts';
import type { RuleRemovalOptions } from '../../input/rule-options.ts';
import { warn } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { type ShortcutOptions, shortcutOf } from './shortcuts.ts';

export interface TrustOptions extends GlobalOptions, ShortcutOptions, Pick<RuleRemovalOptions, 'anyApp' | 'allowAll'> {
  serviceAccount?: string;
  issuer?: string;
  /** False with `--no-audience`. */
  audience?: string | false;
  claim?: string[];
  app?: string[];
  readOnly?: boolean;
  allow?: string[];
  ttl?: string;
}

/** Adds the options that say which identity tokens a trust accepts. Create and edit share them. */
export function addTrustOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--github <owner/repo>', 'Trust GitHub Actions of this repository').conflicts([
        'gitlab',
        'kubernetes',
      ]),
    )
    .addOption(new Option('--gitlab <group/project>', 'Trust GitLab pipelines of this project').conflicts('kubernetes'))
    .option('--kubernetes <issuer>', 'Trust pods of the cluster with this issuer')
    .option('--ref <ref>', 'Only this branch, or a full ref such as refs/tags/v1 (with --github or --gitlab)')
    .option('--environment <name>', 'Only jobs of this environment (with --github)')
    .option('--workflow <file>', 'Only jobs of this workflow file, such as deploy.yml (with --github)')
    .option('--namespace <name>', 'Namespace of the pods (with --kubernetes)')
    .option('--kubernetes-service-account <name>', 'Kubernetes service account of the pods (with --kubernetes)')
    .option('--issuer <url>', 'Issuer of the identity tokens, exactly as they name it')
    .option('--audience <text>', 'Audience of the identity tokens')
    .option('--claim <name=text>', 'Claim that identity tokens must have; repeat it for more', repeated)
    .option('--app <name>', 'App that the tokens work for; repeat it for more', repeated)
    .option('--read-only', 'Allow only methods that change nothing, such as GET and HEAD')
    .option('--allow <line>', 'Methods and paths to allow, such as "GET /api/**"; repeat it for more', repeated)
    .option('--ttl <duration>', 'How long a token is valid: 1m to 60m');
}

/** Returns the body of a create or edit. A field that no option names is missing. @throws CliError `usage` */
export function trustBody(options: TrustOptions): EditTrustBody {
  const { serviceAccount, audience, claim, readOnly, ttl } = options;
  const apps = options.anyApp ? null : options.app;
  const allow = options.allowAll ? null : options.allow;
  const shortcut = shortcutOf(options);
  const issuer = options.issuer ?? shortcut?.issuer;
  const claims = { ...shortcut?.claims, ...claimsOf(claim ?? []) };
  return {
    ...(serviceAccount !== undefined && { service_account: serviceAccount }),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience: audience === false ? null : audience }),
    ...((shortcut !== null || claim !== undefined) && { claims }),
    ...(apps !== undefined && { apps }),
    ...(readOnly !== undefined && { read_only: readOnly }),
    ...(allow !== undefined && { allow }),
    ...(ttl !== undefined && { ttl: parseTtl(ttl) }),
  };
}

/** Warns if the shortcut trusts every branch. A claim may limit it in another way. */
export async function warnAboutBranches(ctx: Context, options: TrustOptions): Promise<void> {
  const { github, gitlab, ref, environment, claim } = options;
  if (ref !== undefined || environment !== undefined || claim !== undefined) return;
  const everyone = 'may get a token, on every branch: whoever can push to any branch has access.';
  if (github !== undefined) {
    const jobs = `Every workflow of ${sanitize(github)}`;
    await warn(ctx, options, `${jobs} ${everyone} Limit the trust with --environment or --ref.`);
  }
  if (gitlab !== undefined) {
    await warn(ctx, options, `Every pipeline of ${sanitize(gitlab)} ${everyone} Limit the trust with --ref.`);
  }
}

/** @throws CliError `usage` */
function parseTtl(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== null && seconds >= limits.minTrustTtlSeconds && seconds <= limits.maxTrustTtlSeconds) return seconds;
  throw localError('usage', `--ttl cannot be "${sanitize(text)}". Use a duration from 1m to 60m, such as 15m.`);
}

/** Splits at the first `=`, because a text may contain others. */
function claimsOf(pairs: readonly string[]): Record<string, string> {
  const claims = pairs.map((pair) => {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    if (name !== undefined && value !== undefined) return [name, value] as const;
    throw localError('usage', 'Write --claim as NAME=TEXT, such as sub=repo:acme/api:ref:refs/heads/main.');
  });
  if (new Set(claims.map(([name]) => name)).size < claims.length) {
    throw localError('usage', 'A claim is named twice. A trust compares each claim with one text.');
  }
  return Object.fromEntries(claims);
}
