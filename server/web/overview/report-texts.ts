import type { ReportedTokens } from '../../../shared/token-report.ts';

export interface ReportText {
  title: string;
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
  active: { title: 'Active tokens', meaning: 'Requests that use them are accepted if their rules allow them.' },
  owner_disabled: {
    title: 'Tokens of disabled owners',
    meaning: 'The tokens would work again if their owner were enabled.',
    remedy: {
      text: 'Select them in the list, and revoke them.',
      commands: ['tokens revoke --all --user EMAIL'],
    },
  },
  expiring: {
    title: 'Tokens that expire within 7 days',
    meaning: 'Programs that use them stop working then.',
    remedy: {
      text: 'The owner rotates a token that is still needed, or gives it a later expiry.',
      commands: ['tokens rotate NAME', 'tokens edit NAME --expires 90d'],
    },
  },
  never_used: {
    title: 'Tokens that were never used',
    meaning: 'They were created more than 30 days ago and never used.',
    remedy: {
      text: 'Ask the owner, and revoke the tokens that nobody needs.',
      commands: ['tokens revoke NAME --user EMAIL'],
    },
  },
  unused: {
    title: 'Unused tokens',
    meaning: 'Nobody has used them in the last 90 days. A token that was never used counts from its creation.',
    remedy: {
      text: 'Select them in the list, and pause them. Revoke them later if nobody misses them.',
      commands: ['tokens pause NAME --user EMAIL'],
    },
  },
  unrotated: {
    title: 'Tokens not rotated for a year',
    meaning: 'They were neither created nor rotated in the last 365 days.',
    remedy: {
      text: 'The owner rotates them. The old value keeps working for a day.',
      commands: ['tokens rotate NAME'],
    },
  },
  never_expiring: {
    title: 'Tokens that never expire',
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
  meaning: 'No enabled member maintains them. All superusers get the mails about their tokens.',
  remedy: {
    text: 'Add a maintainer on the page of each.',
    commands: ['tokens service-accounts list --orphaned', 'tokens service-accounts edit NAME --add-maintainer EMAIL'],
  },
};
