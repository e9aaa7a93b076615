import { getCookie, setCookie } from 'hono/cookie';
import {
  findKnownDevice,
  type GuessKind,
  isDeviceProof,
  issueDeviceProof,
} from '../../domain/sign-in/rate-limit/known-devices.ts';
import type { AppContext } from '../../http/context.ts';
import { cookieScope } from '../../http/cookie.ts';
import { maxCookieSeconds } from '../../http/session-cookie.ts';
import type { UserRecord } from '../../store/records.ts';

/**
 * Remembers which members have signed in with this browser, so that nobody can keep them from signing in with wrong guesses. It
 * authenticates nobody: guesses with it are limited as well.
 */
export interface DeviceCookie {
  /** Returns the proofs that the browser sent, at most four. */
  read(c: AppContext): string[];
  /**
   * Adds a proof of this member to the cookie. Call it once they have signed in or changed their password. `passed` is `code` only
   * if they have just passed the second factor.
   */
  remember(c: AppContext, user: Pick<UserRecord, 'id' | 'passwordHash'>, passed: GuessKind): void;
}

/** Members that one browser remembers. */
const maxProofs = 4;
const separator = '.';

export function createDeviceCookie(publicUrl: string): DeviceCookie {
  const { name, attributes } = cookieScope(publicUrl, 'device');
  const read: DeviceCookie['read'] = (c) =>
    (getCookie(c, name) ?? '').split(separator, maxProofs).filter(isDeviceProof);
  return {
    read,
    remember(c, user, passed) {
      const others = read(c);
      const own =
        others.find((proof) => findKnownDevice(user, [proof], passed)) ?? issueDeviceProof(user, passed)?.reveal();
      if (own === undefined) return;
      const ofOthers = others.filter((proof) => findKnownDevice(user, [proof], 'password') === undefined);
      const proofs = [own, ...ofOthers].slice(0, maxProofs);
      setCookie(c, name, proofs.join(separator), { ...attributes, maxAge: maxCookieSeconds });
    },
  };
}
