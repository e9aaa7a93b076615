import * as client from 'openid-client';
import type { Discovered } from './discovery.ts';
import { wordsOf } from './failures/oauth-errors.ts';
import { findProblem, misconfigured } from './failures/problems.ts';

/** The response of the userinfo endpoint. */
export interface UserInfo {
  /** The claims. Null if there is no such endpoint, or if the request failed. */
  userInfo: Record<string, unknown> | null;
  /** Why the request failed, for the log. Null if it succeeded. */
  userInfoFailure: string | null;
}

/**
 * Requests the claims of the userinfo endpoint. Returns a failure instead of throwing it, because the ID token alone often
 * says enough.
 *
 * @throws SsoProblem if the response is about another person
 */
export async function fetchUserInfo(
  { metadata, configure }: Discovered,
  accessToken: string,
  subject: string,
): Promise<UserInfo> {
  if (!metadata.userinfo_endpoint) return { userInfo: null, userInfoFailure: null };
  try {
    // The response can be a signed JWT. Without this extension, openid-client would not verify the signature.
    const configuration = await configure(client.None(), client.enableNonRepudiationChecks);
    return { userInfo: await client.fetchUserInfo(configuration, accessToken, subject), userInfoFailure: null };
  } catch (error) {
    if (isAboutAnother(error)) {
      const message = `The userinfo endpoint ${metadata.userinfo_endpoint} describes another person than the ID token. Correct the provider.`;
      throw misconfigured("the identity provider's responses contradict each other", { message, cause: error });
    }
    const userInfoFailure = findProblem(error)?.diagnosis.message ?? `${metadata.userinfo_endpoint}: ${wordsOf(error)}`;
    return { userInfo: null, userInfoFailure };
  }
}

function isAboutAnother(error: unknown): boolean {
  return error instanceof client.ClientError && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';
}
