import type { ReportedTokens } from '../../../shared/tokens/report.ts';

export interface ReportText {
  title: string;
  /** The title beside the number 1. */
  one: string;
  /** Which tokens are counted, or what follows from it, in whole sentences. */
  meaning: string;
  /** What a superuser or an owner can do about them. Undefined if there is nothing to do. */
  remedy?: Remedy;
}

interface Remedy {
  /** What to do in the list that the number leads to. */
  text: string;
  /** How the command line does it. */
  commands: readonly string[];
}

/** What the console says about the tokens of each count. */
export const reportTexts: Readonly<Record<ReportedTokens, ReportText>> = {
  active: {
    title: 'Active tokens',
    one: 'Active token',
    meaning: 'Requests are allowed if the rules of the token allow them.',
  },
  owner_disabled: {
    title: 'Tokens of disabled owners',
    one: 'Token of a disabled owner',
    meaning: 'Such a token works again if somebody enables its owner.',
    remedy: {
      text: 'Select them in the list, and revoke them.',
      commands: ['tokens revoke --all --user EMAIL'],
    },
  },
  expiring: {
    title: 'Tokens that expire within 7 days',
    one: 'Token that expires within 7 days',
    meaning: 'Programs that use such a token stop working then.',
    remedy: {
      text: 'The owner rotates a token that is still needed, or gives it a later expiry.',
      commands: ['tokens rotate NAME', 'tokens edit NAME --expires 90d'],
    },
  },
  never_used: {
    title: 'Tokens that were never used',
    one: 'Token that was never used',
    meaning: 'Only tokens that are more than 30 days old.',
    remedy: {
      text: 'Ask the owner, and revoke the tokens that nobody needs.',
      commands: ['tokens revoke NAME --user EMAIL'],
    },
  },
  unused: {
    title: 'Tokens not used for 90 days',
    one: 'Token not used for 90 days',
    meaning: 'A token that was never used counts from its creation.',
    remedy: {
      text: 'Select them in the list, and pause them. Revoke them later if nobody misses them.',
      commands: ['tokens pause NAME --user EMAIL'],
    },
  },
  unrotated: {
    title: 'Tokens not rotated for a year',
    one: 'Token not rotated for a year',
    meaning: 'Neither created nor rotated in the last 365 days.',
    remedy: {
      text: 'The owner rotates them. The old value keeps working for a day.',
      commands: ['tokens rotate NAME'],
    },
  },
  never_expiring: {
    title: 'Tokens that never expire',
    one: 'Token that never expires',
    meaning: 'A leaked value works until somebody notices.',
    remedy: {
      text: 'The owner gives them an expiry. The setting TOKENSD_MAX_EXPIRY requires one of every new token.',
      commands: ['tokens edit NAME --expires 90d'],
    },
  },
};

/** The texts about service accounts without an enabled maintainer. */
export const orphanedText: ReportText = {
  title: 'Orphaned service accounts',
  one: 'Orphaned service account',
  meaning: 'No enabled member maintains such an account, so nobody but superusers looks after its tokens.',
  remedy: {
    text: 'Add a maintainer on the page of each.',
    commands: ['tokens service-accounts list --orphaned', 'tokens service-accounts edit NAME --add-maintainer EMAIL'],
  },
};
