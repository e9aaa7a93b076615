/** The outcome of one request to a receiver. Texts never contain anything that the receiver sent, except its status. */
export type SendOutcome =
  | { kind: 'delivered' }
  /** The receiver answered 410: it wants no more events. */
  | { kind: 'gone' }
  | { kind: 'failed'; error: string }
  /** The sender was closed before an answer came. */
  | { kind: 'aborted' };

/** Sends requests to the receivers of webhooks. */
export interface WebhookSender {
  /** Sends one POST and waits at most 15 seconds for an answer. Never rejects. */
  send(request: { url: string; headers: Readonly<Record<string, string>>; body: string }): Promise<SendOutcome>;
  /** Aborts the requests in progress. */
  close(): Promise<void>;
}
