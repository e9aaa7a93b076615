/** An error code of token exchange (RFC 8693 §2.2.2, RFC 6749 §5.2). */
export type ExchangeErrorCode = 'invalid_request' | 'invalid_target' | 'temporarily_unavailable';

interface Details {
  /** In seconds, for `Retry-After`. */
  retryAfter?: number;
  /** True if this client failed too often. */
  throttled?: boolean;
  /** For the log: why the issuer cannot be used. Absent if that was logged before. */
  reason?: string;
}

/** A token exchange that is refused. The message is for the client, and holds nothing that it did not send. */
export class ExchangeError extends Error {
  readonly code: ExchangeErrorCode;
  readonly details: Details;

  constructor(code: ExchangeErrorCode, description: string, details: Details = {}) {
    super(description);
    this.name = 'ExchangeError';
    this.code = code;
    this.details = details;
  }

  /** True if the request is at fault. */
  get isRefusal(): boolean {
    return this.code !== 'temporarily_unavailable';
  }
}

/** Creates the error for a subject token that is not acceptable. */
export function unacceptable(description: string): ExchangeError {
  return new ExchangeError('invalid_request', description);
}

/** Creates the error for a claim that does not match. Names the claim, and never the text that it must match. */
export function claimMismatch(claim: string): ExchangeError {
  return unacceptable(`The claim ${claim} of the subject token does not match the trust.`);
}

/** Creates the error for a trust that the client named. The text also holds if there is no such trust. */
export function namedMismatch(claim: string): ExchangeError {
  return unacceptable(
    `The claim ${claim} of the subject token does not match the trust, or no trust in its issuer has this name.`,
  );
}
