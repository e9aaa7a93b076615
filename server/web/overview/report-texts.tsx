import type { Child } from 'hono/jsx';
import type { ReportedTokens } from '../../../shared/token-report.ts';

export interface ReportText {
  title: string;
  /** Which tokens are counted, in whole sentences. */
  meaning: string;
  /** What a superuser or an owner can do about them. Undefined if they need nothing. */
  remedy?: Child;
}

/** What the console says about the tokens of each count. */
export const reportTexts: Readonly<Record<ReportedTokens, ReportText>> = {
  active: { title: 'Active tokens', meaning: 'Requests that use them are accepted.' },
  owner_disabled: {
    title: 'With a disabled owner',
    meaning: 'Their owner is disabled. The tokens would work again if it were enabled.',
    remedy: (
      <>
        Revoke them: <code>tokens revoke --all --user EMAIL</code>
      </>
    ),
  },
  expiring: {
    title: 'Expiring',
    meaning: 'They expire within 7 days.',
    remedy: (
      <>
        The owner rotates a token that is still needed, or gives it a later expiry: <code>tokens rotate NAME</code> or{' '}
        <code>tokens edit NAME --expires 90d</code>
      </>
    ),
  },
  never_used: {
    title: 'Never used',
    meaning: 'They were created more than 30 days ago and never used.',
    remedy: (
      <>
        Ask the owner, and revoke the tokens that nobody needs: <code>tokens revoke NAME --user EMAIL</code>
      </>
    ),
  },
  unused: {
    title: 'Unused',
    meaning: 'Nobody has used them in the last 90 days. A token that was never used counts from its creation.',
    remedy: (
      <>
        Pause them, and revoke them later if nobody misses them: <code>tokens pause NAME --user EMAIL</code>
      </>
    ),
  },
  unrotated: {
    title: 'With an old value',
    meaning: 'They were neither created nor rotated in the last 365 days.',
    remedy: (
      <>
        The owner rotates them. The old value keeps working for a day: <code>tokens rotate NAME</code>
      </>
    ),
  },
  never_expiring: {
    title: 'Without an expiry',
    meaning: 'They have no expiry. A leaked value works until somebody notices.',
    remedy: (
      <>
        The owner gives them an expiry: <code>tokens edit NAME --expires 90d</code>. <code>TOKENSD_MAX_EXPIRY</code>{' '}
        requires one of every new token.
      </>
    ),
  },
};

/** The texts about service accounts without an enabled maintainer. */
export const orphanedText: ReportText = {
  title: 'Orphaned service accounts',
  meaning: 'No enabled member maintains them. All superusers get the mails about their tokens.',
  remedy: (
    <>
      Let a member maintain them: <code>tokens service-accounts list --orphaned</code> and{' '}
      <code>tokens service-accounts edit NAME --add-maintainer EMAIL</code>
    </>
  ),
};
