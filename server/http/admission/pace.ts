/** How long tasks wait after `maxTasks` have run. */
const pauseMs = 20;

/**
 * Creates a function that runs tasks in their order and at a bounded rate: immediately while they are few, and at most `maxTasks` every 20 ms.
 * Responses that close their connections go through it. Their clients connect again, so that a flood is thereby slowed down.
 */
export function createPace(maxTasks: number): (task: () => void) => void {
  const waiting: Array<() => void> = [];
  let left = maxTasks;
  let isPausing = false;

  function runNext(): void {
    const tasks = waiting.splice(0, maxTasks);
    left = maxTasks - tasks.length;
    isPausing = tasks.length > 0;
    if (isPausing) setTimeout(runNext, pauseMs);
    for (const task of tasks) task();
  }

  return (task) => {
    if (!isPausing) setTimeout(runNext, pauseMs);
    isPausing = true;
    if (left === 0) {
      waiting.push(task);
      return;
    }
    left -= 1;
    task();
  };
}
