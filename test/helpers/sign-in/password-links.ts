import type { TestApp } from '../app/app.ts';

/** Asks for a link to set a password, and waits until its mail is queued. */
export async function requestPasswordLink({ services }: Pick<TestApp, 'services'>, email: string): Promise<void> {
  await services.passwordReset.request(email, { ip: '203.0.113.9', userAgent: null });
  await services.acceptedWork.finish();
}
