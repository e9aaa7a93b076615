/** Returns the result of `work`, or rejects after `ms`. The work itself continues. */
export async function withDeadline<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineReached()), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Something took longer than the caller may wait. */
export class DeadlineReached extends Error {
  constructor() {
    super('The server timed out.');
    this.name = 'DeadlineReached';
  }
}
