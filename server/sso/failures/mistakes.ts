/**
 * The mistakes in the set-up that the sign-in page names. Each completes "Single sign-on is set up wrongly: …".
 * docs/single-sign-on.md explains them to operators.
 */
export const mistakes = [
  'there is no OpenID Connect provider at the issuer address',
  'its issuer is not the one that the provider announces',
  'the provider is not an OpenID Connect provider that this server can use',
  'the identity provider answers with a redirect',
  'the certificate of the identity provider is not accepted',
  'the address of its proxy is invalid',
  'the proxy in front of the identity provider refuses the connection',
  'the identity provider does not accept its client ID or secret',
  'the identity provider requires a client secret',
  'the identity provider does not know this server',
  'the identity provider does not let this server sign people in',
  'the identity provider does not allow a scope that this server asks for',
  "the identity provider's administrator has not approved this server",
  'the identity provider fails to process the sign-in',
  "the identity provider rejects this server's requests",
  "the identity provider's response is incomplete",
  'the token endpoint of the identity provider returns an unexpected response',
  'the identity provider returns no ID token',
  'the identity provider does not sign in the way that this server needs',
  'the identity provider encrypts its ID tokens',
  "the identity provider's signature cannot be verified",
  "the identity provider's token does not fit the settings of this server",
  "the identity provider's responses contradict each other",
  'its clock and the clock of the identity provider differ',
] as const;

export type Mistake = (typeof mistakes)[number];
