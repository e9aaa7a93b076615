import type { CDPSession, Page } from 'playwright-core';

/** Chromium's virtual authenticator, which stands for the device of a member. */
export interface VirtualAuthenticator {
  /** Whether the person in front of the device is verified, as with a fingerprint. */
  verifiesPerson(verifies: boolean): Promise<void>;
  /** Puts the passkeys back to the state that they had before their last use, as a copy that was made before would be. */
  rewind(): Promise<void>;
  /** Returns how many passkeys the device holds. */
  count(): Promise<number>;
}

type Credential = { credentialId: string; signCount: number };

/** Adds an authenticator to the browser tab, which then asks no person. It verifies the person until told otherwise. */
export async function addAuthenticator(page: Page): Promise<VirtualAuthenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    verifiesPerson: async (isUserVerified) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    count: async () => (await credentialsOf(session, authenticatorId)).length,
    async rewind() {
      for (const credential of await credentialsOf(session, authenticatorId)) {
        const { credentialId, signCount } = credential;
        await session.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
        await session.send('WebAuthn.addCredential', {
          authenticatorId,
          credential: { ...credential, signCount: signCount - 1 },
        });
      }
    },
  };
}

async function credentialsOf(session: CDPSession, authenticatorId: string) {
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId });
  return credentials satisfies Credential[];
}
