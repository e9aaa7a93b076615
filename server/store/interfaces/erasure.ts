import type { AddressHashes } from '../../address-hashes.ts';

/** A person, as the database knows them. */
export interface Person {
  id: string;
  /** The email addresses that are or were theirs, without those that another member has now. */
  addresses: readonly string[];
}

/** An erasure whose files of mails each node has to delete. */
export interface RecentErasure extends AddressHashes {
  id: string;
  begunAt: number;
}

export interface ErasureLease {
  now: number;
  until: number;
}

/** Erases members from every table, and keeps track of erasures that are not finished. */
export interface ErasureStore {
  /**
   * Returns the member, also if they were deleted. The only known address of a deleted member is that of the last mail to them. Returns
   * null if there never was such a member.
   */
  find(id: string): Promise<Person | null>;
  /** Records that the member has to be erased from everything, with salted hashes of the addresses. */
  begin(person: Person, at: number): Promise<void>;
  /** Returns whether the erasure of a member is over. Returns null if none began lately. */
  isFinished(id: string): Promise<boolean | null>;
  /** Returns the IDs of members whose erasure goes on, and whom no daemon has leased. */
  unfinished(now: number): Promise<string[]>;
  /** Leases an erasure that goes on to one daemon. Returns null if there is none, or another daemon has leased it. */
  claim(id: string, lease: ErasureLease): Promise<(Person & AddressHashes) | null>;
  /** Extends a lease. */
  extend(id: string, until: number): Promise<void>;
  /**
   * Puts the member's pseudonym in place of their addresses in every text of the database. Deletes mails to them, and
   * rows that have an address in their key. Leaves alone an address that another member has by now. Reads all tables in short statements
   * of its own, so it is not for a transaction. Calls `afterBatch` after each of them.
   */
  replaceAddresses(person: Person, afterBatch?: () => Promise<void>): Promise<void>;
  /** Forgets the addresses of an erasure, once nothing else holds them. */
  forgetAddresses(id: string): Promise<void>;
  finish(id: string, at: number): Promise<void>;
  /** Returns the erasures that began since a time. */
  recent(since: number): Promise<RecentErasure[]>;
  /** Deletes at most `limit` erasures that began before a time and are over. Returns their number. */
  purge(before: number, limit: number): Promise<number>;
  /** Deletes the last mail to a deleted member. */
  deleteLastMail(id: string): Promise<void>;
  /**
   * Overwrites deleted content that is still in the log of a SQLite database. Returns false if another process reads the
   * database, so that the log is still needed.
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
