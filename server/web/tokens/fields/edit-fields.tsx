import type { ProblemError } from '../../../../shared/problem.ts';
import type { OfferedNames } from '../../../domain/offered-names.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { Field } from '../../shell/components/form.tsx';
import { MinuteOf } from '../../shell/components/time.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { RuleFields, ShownRules } from '../rules/rule-fields.tsx';
import { KeyFields } from '../rules/scope-fields.tsx';
import type { TokenChangeForm } from '../token-change-forms.ts';
import type { AddedEntry } from '../trouble/allow-form.ts';
import { NewNetworkField, SelfRotateField } from './choices.tsx';

interface EditFieldsProps {
  token: TokenRecord;
  offeredApps: OfferedNames;
  form: TokenChangeForm;
  /** The entry that the form has in addition to the rules of the token. */
  added?: AddedEntry;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The fields of the form that edits a token. */
export function EditFields({ token, offeredApps, form, added, problem }: EditFieldsProps) {
  const errors = fieldErrors(problem);
  return (
    <>
      <Field
        label="Name"
        name="name"
        value={form.name}
        error={errors.name}
        autocomplete="off"
        required
        autofocus={problem === undefined && added === undefined}
      />
      <Field
        label="Description (optional)"
        name="description"
        value={form.description}
        error={errors.description}
        autocomplete="off"
      />
      <Field
        label="Expires"
        name="date"
        type="date"
        value={form.date}
        hint={
          <>
            <ExpiryNow token={token} /> With another date, it works until the end of that day (UTC).
          </>
        }
        error={errors.expires_at ?? errors.expires_in}
        required={form.shownDate !== ''}
      />
      <input type="hidden" name="shown_date" value={form.shownDate} />
      <input type="hidden" name="shown" value={form.shown} />
      {token.manage === null ? (
        <RuleFields rules={form.rules} offeredApps={offeredApps} problem={problem} added={added} />
      ) : (
        <KeyFields {...form} problem={problem} />
      )}
      <NewNetworkField
        quiet={form.quietNetworks}
        reader={token.ownerKind === 'service-account' ? 'the maintainers' : 'me'}
      />
      <SelfRotateField checked={form.selfRotate} />
      {errors.self_rotate && <p class="error">{errors.self_rotate}</p>}
      <ShownRules rules={form.shownRules} />
    </>
  );
}

function ExpiryNow({ token: { expiresAt } }: { token: TokenRecord }) {
  if (expiresAt === null) return <>The token never expires.</>;
  return (
    <>
      The token expires on <MinuteOf at={expiresAt} />.
    </>
  );
}
