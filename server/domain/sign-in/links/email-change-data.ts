/** What a link to confirm an email address carries: the address, and the session that asked for it. */
export interface EmailChangeData {
  email: string;
  sessionId: string;
}

/** Reads `data` of a link of the kind `email-change`. */
export function readEmailChange(data: string): EmailChangeData {
  return JSON.parse(data) as EmailChangeData;
}
