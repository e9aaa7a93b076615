/** A rule that cannot be used. The message says why, and what to write instead. */
export class RuleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleError';
  }
}
