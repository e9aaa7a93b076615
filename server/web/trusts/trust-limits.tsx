import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { Field } from '../shell/components/form.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { listError } from '../shell/form-problem.ts';
import { AppsField } from '../tokens/rules/apps-field.tsx';
import { inputsOf, type TrustLimits } from './trust-fields.ts';

interface TrustLimitFieldsProps {
  fields: TrustLimits;
  readOnly: boolean;
  offeredApps: OfferedNames;
  problem: ProblemError | undefined;
}

/** The fields for the audience of the identity tokens, and for what the tokens that jobs receive may do. They are folded away if nobody set them. */
export function TrustLimitFields({ fields, readOnly, offeredApps, problem }: TrustLimitFieldsProps) {
  const { audience, ttl, apps, allow } = fields;
  const input = inputsOf({ audience, ttl, apps, allow }, problem);
  const isSet = audience !== '' || ttl !== '15m' || apps !== '' || allow !== '' || readOnly;
  const isWrong = ['audience', 'ttl', 'apps', 'allow'].some((field) => listError(problem, field) !== undefined);
  return (
    <details class="rules" open={isSet || isWrong}>
      <summary>Audience, time and rules of the tokens</summary>
      <Field
        label="Audience (optional)"
        {...input('audience')}
        hint="The audience in the identity tokens. By default, it is the address of this server."
      />
      <Field
        label="How long a token works"
        {...input('ttl')}
        error={input('ttl').error && 'Enter a time from 1m to 1h, such as 15m.'}
        hint="From 1m to 1h, such as 15m for 15 minutes."
      />
      <AppsField value={apps} offered={offeredApps} error={input('apps').error} />
      <label class="inline">
        <input type="checkbox" name="read_only" value="true" checked={readOnly} />
        Allow only methods that change nothing, such as GET
      </label>
      <TextArea
        label="Allowed requests (optional)"
        {...input('allow')}
        hint="Methods and a path, one per line, such as GET,HEAD /api/**."
      />
    </details>
  );
}
