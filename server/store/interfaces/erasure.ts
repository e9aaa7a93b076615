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

/** The member whose data is read. */
export interface Subject {
  id: string;
  email: string;
  emailFolded: string;
}

/** Where a page begins. */
export interface MemberDataPlace {
  /** Position of the part. */
  part: number;
  /** The token whose rows follow. Null at the beginning of a part, and for other parts. */
  token: string | null;
  /** The key of the row before the first one. Null: from the first. */
  after: readonly unknown[] | null;
}

export interface MemberDataPage {
  /** The name of the part. */
  part: string;
  /** Rows of the part. There may be none although more follow. Times are dates. Holds no secret, and no hash of one. */
  rows: Record<string, unknown>[];
  /** Null after the last page. */
  next: MemberDataPlace | null;
}

/** Reads all that is stored about a member. */
export interface MemberDataStore {
  /** Returns the member, also if they were deleted. Returns null if there never was such a member. */
  find(id: string): Promise<Subject | null>;
  /** Returns one page. The first one is at part 0. Each page is read as the database is at that time. */
  page(subject: Subject, place: MemberDataPlace): Promise<MemberDataPage>;
}
