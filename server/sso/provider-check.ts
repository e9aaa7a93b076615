import { SsoProblem } from './provider.ts';

/** One thing that was checked. */
export interface ProviderCheck {
  name: string;
  state: 'ok' | 'warning' | 'failed';
  /** One or two sentences: what was found and, unless `ok`, what to change. */
  detail: string;
  /** The setting or environment variable to look at first. */
  setting?: string;
  /** True if the provider did not respond, which is no mistake in the set-up. */
  isOutage?: boolean;
}

/** Returns the check that failed with this problem. @throws other errors */
export function failedCheck(name: string, error: unknown): ProviderCheck {
  if (!(error instanceof SsoProblem)) throw error;
  const { message, setting } = error.diagnosis;
  const isOutage = error.code === 'sso-unavailable';
  return { name, state: 'failed', detail: message, ...(setting && { setting }), ...(isOutage && { isOutage }) };
}
