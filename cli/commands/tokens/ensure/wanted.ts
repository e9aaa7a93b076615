import type { RuleFields } from '../../../../shared/schemas/tokens/rules.ts';
import type { Expiry } from '../../../input/parse-time.ts';

/** The token that the file must contain. Durations are in seconds. */
export interface Wanted {
  readonly name: string;
  /** The service account that owns the token. Undefined for your own. */
  readonly serviceAccount: string | undefined;
  /** Undefined for the default margin. */
  readonly renewBefore: number | undefined;
  readonly expiry: Expiry | undefined;
  readonly overlap: number | undefined;
  readonly selfRotate: boolean;
  readonly description: string | undefined;
  /** The rules of a new token. */
  readonly rules: RuleFields;
}
