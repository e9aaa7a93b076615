import type { TokenStatus } from '../../shared/schemas/tokens/tokens.ts';

/** Which tokens a list or a count selects. The conditions combine; none of them implies a status. */
export interface TokenFilter {
  /** `false`: no canaries. A filter by times leaves them out, too. */
  canaries?: false;
  status?: TokenStatus;
  /** Only exchanged tokens. They are left out otherwise. */
  exchanged?: true;
  /** Neither value was used for this long. Of a token that was never used, the creation counts. */
  unusedForMs?: number;
  /** A request with the token was denied within this time. */
  deniedWithinMs?: number;
  neverUsed?: true;
  noExpiry?: true;
  /** Neither created nor rotated for this long. */
  unrotatedForMs?: number;
  /** The value before the last rotation still works. */
  twoValues?: true;
  /** Not expired yet, but at the end of this time. */
  expiringWithinMs?: number;
}
