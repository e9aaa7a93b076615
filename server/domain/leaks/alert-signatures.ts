/** The signature of an alert, as the headers of the request carry it. */
export interface AlertSignature {
  /** The identifier of the key. */
  keyId: string;
  /** Base64 of the signature in DER. */
  signature: string;
}

/** Checks that GitHub's secret scanning signed an alert. */
export interface AlertSignatures {
  /**
   * Reports whether the signature is one of the whole body by a published key. Fetches the keys if they are old, and at most once a minute if
   * the key is unknown. @throws ProblemError `unavailable` if the keys cannot be fetched
   */
  verify(signature: AlertSignature, body: Uint8Array): Promise<boolean>;
}
