import { validate } from 'uuid';
import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import {
  type EditTokenBody,
  editTokenBodySchema,
  type PauseTokenBody,
  pauseTokenBodySchema,
  type RotateTokenBody,
  rotateTokenBodySchema,
} from '../../../shared/schemas/tokens/token-changes.ts';
import { splitScopes } from '../../../shared/scopes.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import { invalidFields } from '../../http/validate.ts';
import type { TokenRecord } from '../../store/records.ts';
import { parseForm, text, textsOf } from '../shell/form-values.ts';
import { readQuietNetworks } from './fields/quiet-networks.ts';
import { changedRuleFields, type EditedRuleForm, readEditedRuleForm, ruleFormOf } from './rules/rule-form.ts';

const hour = 60 * 60;
const day = 24 * hour;

/** In seconds. */
export const overlapChoices = [0, hour, day, 7 * day] as const;
/** In seconds; 0: until the token is resumed. */
export const pauseChoices = [0, hour, day, 7 * day, 30 * day] as const;

/** The values of all forms that change a token, as the member entered them. */
export interface TokenChangeForm extends EditedRuleForm {
  /** Idempotency key of a rotation, so that sending the same form twice rotates once. */
  key: string;
  overlap: string;
  /** The prefix of the previous value that the form said would end; empty if there was none. */
  ends: string;
  for: string;
  reason: string;
  name: string;
  description: string;
  /** The last day of the token's life in UTC. If it is empty, or as it was shown, the expiry stays. */
  date: string;
  /** The day that the form was shown with. Empty if the token never expires. */
  shownDate: string;
  selfRotate: boolean;
  quietNetworks: boolean;
  /** The scopes of a management key. */
  manage: string[];
  /** The scopes that the form was shown with, separated by spaces. Empty for every other token. */
  shownManage: string;
  /**
   * The names of those of the two choices above that were on when the form was shown. The edit changes only the choices that
   * differ.
   */
  shown: string;
}

/** Returns the forms as they are first shown. */
export function emptyTokenChangeForm(token: TokenRecord, names: AppNames, key: string): TokenChangeForm {
  const overlap = String(limits.defaultOverlapSeconds);
  const { name, description, selfRotate, quietNetworks } = token;
  const shown = [...(selfRotate ? ['self_rotate'] : []), ...(quietNetworks ? ['quiet_networks'] : [])].join(' ');
  const scopes = { manage: splitScopes(token.manage), shownManage: token.manage ?? '' };
  const date = token.expiresAt === null ? '' : new Date(token.expiresAt).toISOString().slice(0, 10);
  const edit = {
    name,
    description: description ?? '',
    date,
    shownDate: date,
    selfRotate,
    quietNetworks,
    shown,
    ...scopes,
  };
  const rules = ruleFormOf(token, names);
  return { key, overlap, ends: '', for: '0', reason: '', ...edit, rules, shownRules: rules };
}

/** Reads the posted form. `freshKey` replaces a key that is not a UUID. */
export function readTokenChangeForm(form: Record<string, unknown>, freshKey: string): TokenChangeForm {
  const key = text(form.key);
  return {
    key: validate(key) ? key : freshKey,
    overlap: text(form.overlap),
    ends: text(form.ends),
    for: text(form.for),
    reason: text(form.reason),
    name: text(form.name),
    description: text(form.description),
    date: text(form.date),
    shownDate: text(form.shown_date),
    selfRotate: form.self_rotate === 'true',
    quietNetworks: readQuietNetworks(form),
    shown: text(form.shown),
    manage: textsOf(form.manage),
    shownManage: text(form.shown_manage),
    ...readEditedRuleForm(form),
  };
}

/**
 * Converts the form to the body of a rotation. Ends a previous value only if the form said so: since it was shown, somebody else
 * may have rotated the token. @throws ProblemError `invalid-fields`
 */
export function rotateTokenBody({ overlap, ends }: TokenChangeForm): RotateTokenBody {
  return parseForm(rotateTokenBodySchema, { overlap: wholeNumber(overlap), end_previous: ends !== '' });
}

/** Converts the form to the body of a pause. @throws ProblemError `invalid-fields` */
export function pauseTokenBody({ for: seconds, reason }: TokenChangeForm): PauseTokenBody {
  return parseForm(pauseTokenBodySchema, {
    ...(seconds !== '0' && seconds !== '' && { for: wholeNumber(seconds) }),
    reason,
  });
}

/** Converts the form to the body of an edit. @throws ProblemError `invalid-fields` */
export function editTokenBody({ name, description, date, shownDate, ...flags }: TokenChangeForm): EditTokenBody {
  const wasOn = (flag: string) => flags.shown.split(' ').includes(flag);
  if (date !== '' && !z.iso.date().safeParse(date).success) {
    throw invalidFields([{ pointer: '/expires_at', detail: 'Choose a valid date.' }]);
  }
  return parseForm(editTokenBodySchema, {
    name,
    description,
    ...(date !== '' && date !== shownDate && { expires_at: `${date}T23:59:59.999Z` }),
    ...(flags.selfRotate !== wasOn('self_rotate') && { self_rotate: flags.selfRotate }),
    ...(flags.quietNetworks !== wasOn('quiet_networks') && { quiet_networks: flags.quietNetworks }),
    ...(flags.manage.join(' ') !== flags.shownManage && { manage: flags.manage }),
    ...changedRuleFields(flags),
  });
}

function wholeNumber(text: string): number {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
}
