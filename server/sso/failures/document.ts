import type { SsoProblem } from '../provider.ts';
import { findProblem, misconfigured } from './problems.ts';

const setting = 'TOKENSD_OIDC_ISSUER';

/** Explains why a response to the discovery request is not the configuration of the provider that was set up. */
export function diagnoseDocument(error: unknown, status: number, issuer: string): SsoProblem {
  const known = findProblem(error);
  if (known !== null) return known;
  const announced = announcedIssuer(error);
  if (announced !== null) return issuerDiffers(issuer, announced, error);
  const found = describeResponse(error, status);
  const message = `There is no OpenID Connect provider at TOKENSD_OIDC_ISSUER=${issuer}: its /.well-known/openid-configuration ${found}. Set TOKENSD_OIDC_ISSUER to the issuer that the provider documents.`;
  return misconfigured('there is no OpenID Connect provider at the issuer address', { message, setting, cause: error });
}

function issuerDiffers(configured: string, announced: string, cause: unknown): SsoProblem {
  const message = `TOKENSD_OIDC_ISSUER is ${configured}, but the provider there calls itself ${announced}. If that is your provider, set TOKENSD_OIDC_ISSUER to exactly ${announced}.`;
  return misconfigured('its issuer is not the one that the provider announces', { message, setting, cause });
}

/** Returns the issuer in a document whose issuer is not the expected one, or null for other errors. */
function announcedIssuer(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const { code, cause } = error as { code: unknown; cause?: { body?: { issuer?: unknown } } };
  const issuer = cause?.body?.issuer;
  return code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' && typeof issuer === 'string' ? issuer : null;
}

function describeResponse(error: unknown, status: number): string {
  if (status !== 200) return `returned HTTP ${status}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isJson = code !== 'OAUTH_PARSE_ERROR' && code !== 'OAUTH_RESPONSE_IS_NOT_JSON';
  return isJson ? 'names no valid issuer' : 'is not JSON';
}
