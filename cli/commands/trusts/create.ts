import { type Command, Option } from 'commander';
import type { CreateTrustBody } from '../../../shared/schemas/trusts.ts';
import { expectBody } from '../../api/responses.ts';
import { trustShape } from '../../api/trust-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { parseSeconds } from '../../input/parse-time.ts';
import { repeated } from '../../input/repeated.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { type ShortcutOptions, shortcutOf } from './shortcuts.ts';

export interface TrustsCreateOptions extends GlobalOptions, ShortcutOptions {
  serviceAccount: string;
  issuer?: string;
  audience?: string;
  claim?: string[];
  app?: string[];
  readOnly?: boolean;
  allow?: string[];
  ttl?: string;
}

export function registerTrustsCreate(trusts: Command, ctx: Context): void {
  trusts
    .command('create')
    .argument('<name>', 'Name of the new trust: lowercase letters, digits and hyphens')
    .summary('Let jobs exchange identity tokens')
    .description(
      'Create a trust: identity tokens of an issuer with this audience and these claims may be exchanged for short-lived tokens of a service account. A claim must be exactly as given; a final * after / or : stands for any rest.',
    )
    .requiredOption('-s, --service-account <name>', 'Service account that owns the tokens')
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
    .option('--issuer <url>', 'Issuer of the identity tokens, exactly as they name it (default: that of the shortcut)')
    .option('--audience <text>', 'Audience of the identity tokens (default: the public URL of the server)')
    .option('--claim <name=text>', 'Claim that identity tokens must have; repeat it for more', repeated)
    .option('--app <name>', 'App that the tokens work for; repeat it for more', repeated)
    .option('--read-only', 'Allow only methods that change nothing, such as GET and HEAD')
    .option('--allow <line>', 'Methods and paths to allow, such as "GET /api/**"; repeat it for more', repeated)
    .option('--ttl <duration>', 'How long a token is valid: 1m to 60m (default: 15m)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens trusts create deploy-api -s ci --github acme/api --environment production\n  $ tokens trusts create nightly -s ci --gitlab acme/api --ref main --app builds\n  $ tokens trusts create cron -s ci --kubernetes https://cluster.example.com --namespace builds --kubernetes-service-account deployer',
    )
    .action((name: string, _options, command: Command) => runTrustsCreate(ctx, name, command.optsWithGlobals()));
}

async function runTrustsCreate(ctx: Context, name: string, options: TrustsCreateOptions): Promise<void> {
  const json = bodyOf(name, options);
  const { api } = await connect(ctx, options);
  const trust = await expectBody(api.trusts.$post({ json }), trustShape);
  const exchange = `Its jobs get a token with: tokens exchange --trust ${sanitize(trust.name)}`;
  await printOutcome(ctx, options, trust, `Created the trust ${sanitize(trust.name)}. ${exchange}`);
  const warning = warningFor(options);
  if (warning !== null) await note(ctx, options, warning);
}

/** Returns a warning if the shortcut trusts every branch. */
function warningFor({ github, gitlab, ref, environment }: TrustsCreateOptions): string | null {
  if (ref !== undefined || environment !== undefined) return null;
  const everyone = 'may get a token, on every branch: whoever can push to any branch has access.';
  if (github !== undefined) {
    return `Every workflow of ${sanitize(github)} ${everyone} Limit the trust with --environment or --ref.`;
  }
  if (gitlab !== undefined) return `Every pipeline of ${sanitize(gitlab)} ${everyone} Limit the trust with --ref.`;
  return null;
}

/** @throws CliError `usage`. */
function bodyOf(name: string, options: TrustsCreateOptions): CreateTrustBody {
  const shortcut = shortcutOf(options);
  const issuer = options.issuer ?? shortcut?.issuer;
  if (issuer === undefined)
    throw localError('usage', 'Name the issuer with --github, --gitlab, --kubernetes or --issuer.');
  const { audience, app, readOnly, allow, ttl } = options;
  return {
    name,
    service_account: options.serviceAccount,
    issuer,
    claims: { ...shortcut?.claims, ...claimsOf(options.claim ?? []) },
    ...(audience !== undefined && { audience }),
    ...(app && { apps: app }),
    ...(readOnly && { read_only: true }),
    ...(allow && { allow }),
    ...(ttl !== undefined && { ttl: parseSeconds('--ttl', ttl) }),
  };
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
