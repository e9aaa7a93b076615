import {
  gitHubTrust,
  gitLabTrust,
  kubernetesTrust,
  type TrustShortcut,
} from '../../../shared/schemas/trust-shortcuts.ts';
import { type CreateTrustBody, createTrustBodySchema } from '../../../shared/schemas/trusts.ts';
import { parseForm, text } from '../shell/form-values.ts';
import { emptyRuleForm, newRuleFields, readRuleForm } from '../tokens/rules/rule-form.ts';
import { readClaimLines, rejectField, ttlSeconds } from './trust-fields.ts';

/** The systems that the form knows, in the order in which it shows them. */
export const trustSystems = ['github', 'gitlab', 'kubernetes', 'other'] as const;
export type TrustSystem = (typeof trustSystems)[number];

const fieldNames = [
  ...([
    'name',
    'service_account',
    'repository',
    'github_ref',
    'environment',
    'workflow',
    'project',
    'gitlab_ref',
  ] as const),
  ...(['cluster', 'namespace', 'kubernetes_account', 'issuer', 'claims', 'audience', 'ttl', 'apps', 'allow'] as const),
] as const;
type FieldName = (typeof fieldNames)[number];

/** The values of the form for a new trust, as they were entered. */
export interface TrustForm {
  system: TrustSystem;
  fields: Record<FieldName, string>;
  readOnly: boolean;
}

/** Returns an empty form for a service account. */
export function emptyTrustForm(serviceAccount: string): TrustForm {
  return readTrustForm({ service_account: serviceAccount, ttl: '15m' });
}

/** Reads the posted form. */
export function readTrustForm(form: Record<string, unknown>): TrustForm {
  return {
    system: trustSystems.find((system) => system === form.system) ?? 'github',
    fields: Object.fromEntries(fieldNames.map((name) => [name, text(form[name])])) as TrustForm['fields'],
    readOnly: form.read_only === 'true',
  };
}

/** Converts the form to the body of `POST /api/v1/trusts`. @throws ProblemError `invalid-fields` */
export function trustBody({ system, fields, readOnly }: TrustForm): CreateTrustBody {
  const { audience, ttl } = fields;
  const { apps, allow } = readRuleForm({ apps: fields.apps, allow: fields.allow });
  return parseForm(createTrustBodySchema, {
    name: fields.name.trim(),
    service_account: fields.service_account.trim(),
    ...compared[system](fields),
    ...(audience.trim() !== '' && { audience: audience.trim() }),
    ttl: ttlSeconds(ttl),
    ...newRuleFields({ ...emptyRuleForm, apps, allow, readOnly }),
  });
}

/** Returns the issuer and claims that the trust compares, from the fields of each system. */
const compared: Record<TrustSystem, (fields: TrustForm['fields']) => TrustShortcut> = {
  github({ repository, github_ref, environment, workflow }) {
    const limits = { ref: optional(github_ref), environment: optional(environment), workflow: optional(workflow) };
    return gitHubTrust(repository.trim(), limits) ?? rejectField('repository', 'Enter OWNER/REPO, such as acme/api.');
  },
  gitlab({ project, gitlab_ref }) {
    const trust = gitLabTrust(project.trim(), optional(gitlab_ref));
    return trust ?? rejectField('project', 'Enter GROUP/PROJECT, such as acme/api.');
  },
  kubernetes({ cluster, namespace, kubernetes_account }) {
    for (const [name, value] of Object.entries({ cluster, namespace, kubernetes_account })) {
      if (value.trim() === '') return rejectField(name, 'This field is required.');
    }
    return kubernetesTrust(cluster.trim(), namespace.trim(), kubernetes_account.trim());
  },
  other: ({ issuer, claims }) => ({ issuer: issuer.trim(), claims: readClaimLines(claims) }),
};

function optional(text: string): string | undefined {
  return text.trim() || undefined;
}
