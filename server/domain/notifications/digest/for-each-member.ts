const maxMembersPerBatch = 100;

/** The members that a job has to mail. */
export interface MembersToMail {
  /** Returns at most `limit` members, in the order of their IDs after `after`. */
  next(page: { after: string; limit: number }): Promise<string[]>;
  /** Queues the mail of one member. */
  mail(userId: string): Promise<void>;
  /** Starts sending. */
  wake(): void;
}

/**
 * Queues the mails of all members. Continues after a member whose mail fails, because one damaged row must not keep mail from
 * others. Stops early once `signal` is aborted.
 * @throws the first error, after the mails of the other members
 */
export async function forEachMember({ next, mail, wake }: MembersToMail, signal: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  let after: string | undefined = '';
  while (after !== undefined && !signal.aborted) {
    const members: string[] = await next({ after, limit: maxMembersPerBatch });
    for (const member of members) {
      if (!signal.aborted) await mail(member).catch((error: unknown) => errors.push(error));
    }
    if (members.length > 0) wake();
    after = members.length < maxMembersPerBatch ? undefined : members.at(-1);
  }
  if (errors.length > 0) throw errors[0];
}
