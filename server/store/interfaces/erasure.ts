/** A person, as the database knows them. */
export interface Person {
  id: string;
  /** The email addresses that are or were theirs, without those that another member has now. */
  addresses: readonly string[];
}

/** The search for members of whom nothing may remain. */
export interface ErasureStore {
  /**
   * Returns the member, also if they were deleted. The only known address of a deleted member is that of the last mail to them. Returns
   * null if there never was such a member.
   */
  find(id: string): Promise<Person | null>;
  /**
   * Puts the member's pseudonym in place of their addresses in every text of the database but their own row. Deletes mails to them, and
   * rows that have an address in their key. Reads all tables in short statements of its own, so it is not for a transaction.
   */
  replaceAddresses(person: Person): Promise<void>;
  /** Deletes the last mail to a deleted member. */
  deleteLastMail(id: string): Promise<void>;
  /**
   * Overwrites what was deleted and still is in the log of a SQLite database. Returns false if another process reads the database, so that
   * the log is still needed.
   */
  overwriteDeleted(): Promise<boolean>;
}
