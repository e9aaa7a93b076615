import { hashSecret } from '../../secrets.ts';

/** The claims of a subject token whose signature and times were verified. */
export type SubjectClaims = Readonly<Record<string, unknown>> & { readonly exp: number };

/** A subject token that was read, and not verified. */
export interface UnverifiedToken {
  /** The whole token. */
  text: string;
  issuer: string;
}

/** Verifies identity tokens of other systems. Implementations fetch the keys of issuers. */
export interface SubjectTokens {
  /** Reads a token without verifying it. @throws ExchangeError if it can never be acceptable */
  read(text: string): UnverifiedToken;
  /** Verifies the signature and the times. Call it only for the issuer of a trust, because it sends requests there. @throws ExchangeError */
  verify(token: UnverifiedToken, options: { mayBeInternal: boolean }): Promise<SubjectClaims>;
}

/** How far the clocks of an issuer and of this server may be apart. */
export const clockToleranceSeconds = 60;

/**
 * Returns what identifies a subject token: its issuer and `jti`, or the part of it that is signed. A signature is left out, because some
 * algorithms have several valid ones for the same content.
 */
export function identityOf(
  { issuer, text }: UnverifiedToken,
  { jti }: SubjectClaims,
): { jti: string | null; hash: string } {
  const signed = text.slice(0, text.lastIndexOf('.'));
  const known = typeof jti === 'string' && jti !== '' ? jti : null;
  // JSON, so that no issuer can choose a jti that looks like another issuer's.
  return { jti: known, hash: hashSecret(known === null ? signed : JSON.stringify([issuer, known])) };
}

/** Returns until when a token must be remembered: as long as it would be accepted. */
export function rememberedUntil({ exp }: SubjectClaims): number {
  return Math.min(Math.ceil((exp + clockToleranceSeconds) * 1000), Number.MAX_SAFE_INTEGER);
}
