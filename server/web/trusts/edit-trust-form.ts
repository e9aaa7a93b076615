import { type EditTrustBody, editTrustBodySchema } from '../../../shared/schemas/trusts.ts';
import { formatDuration } from '../../../shared/times/duration.ts';
import { readClaims } from '../../domain/machines/trust-fields.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import type { ListedTrust } from '../../store/records.ts';
import { changedSince } from '../shell/changed-since.ts';
import { parseForm, text } from '../shell/form-values.ts';
import {
  changedRuleFields,
  type EditedRuleForm,
  emptyRuleForm,
  type RuleForm,
  ruleFormOf,
} from '../tokens/rules/rule-form.ts';
import { readClaimLines, ttlSeconds } from './trust-fields.ts';

/** The fields of the form that edits a trust, besides its rules, as they were entered. */
export interface EditTrustFields {
  service_account: string;
  issuer: string;
  /** One `NAME=TEXT` a line. */
  claims: string;
  audience: string;
  ttl: string;
}

/** The values that were entered, and those that the form was shown with. */
export interface EditTrustForm extends EditedRuleForm {
  fields: EditTrustFields;
  shown: EditTrustFields;
}

/** Returns the form with the present values of a trust. */
export function editTrustForm(trust: ListedTrust, names: AppNames): EditTrustForm {
  const claims = Object.entries(readClaims(trust)).map(([name, value]) => `${name}=${value}`);
  const fields = {
    service_account: trust.serviceAccount,
    issuer: trust.issuer,
    claims: claims.join('\n'),
    audience: trust.audience ?? '',
    ttl: formatDuration(trust.ttlSeconds),
  };
  const rules = ruleFormOf(trust, names);
  return { fields, shown: fields, rules, shownRules: rules };
}

/** Reads the posted form. */
export function readEditTrustForm(form: Record<string, unknown>): EditTrustForm {
  const read = (prefix: string): EditTrustFields => {
    const field = (name: keyof EditTrustFields) => text(form[`${prefix}${name}`]);
    return {
      service_account: field('service_account').trim(),
      issuer: field('issuer').trim(),
      claims: field('claims'),
      audience: field('audience').trim(),
      ttl: field('ttl').trim(),
    };
  };
  const rules = (prefix: string): RuleForm => ({
    ...emptyRuleForm,
    apps: text(form[`${prefix}apps`]),
    allow: text(form[`${prefix}allow`]),
    readOnly: form[`${prefix}read_only`] === 'true',
  });
  return { fields: read(''), shown: read('shown_'), rules: rules(''), shownRules: rules('shown_') };
}

/**
 * Converts the form to the body of `PATCH /api/v1/trusts/{id}`. Contains only what differs from what the form was shown with. Returns null if
 * nothing was changed. @throws ProblemError `invalid-fields`
 */
export function editTrustBody({ fields, shown, ...rules }: EditTrustForm): EditTrustBody | null {
  const changed = { ...changedSince(bodyOf(fields), bodyOf(shown)), ...changedRuleFields(rules) };
  return Object.keys(changed).length === 0 ? null : parseForm(editTrustBodySchema, changed);
}

function bodyOf({ service_account, issuer, claims, audience, ttl }: EditTrustFields) {
  const ttlField = { ttl: ttlSeconds(ttl) };
  return { service_account, issuer, claims: readClaimLines(claims), audience: audience || null, ...ttlField };
}
