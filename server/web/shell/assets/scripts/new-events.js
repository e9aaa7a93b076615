// Offers the audit events that were saved since the page was loaded, in the place of the link that checks for them. Asks only while the page
// is visible, and for an hour at most, because each question also keeps the session from ending unused.
const newEvents = document.querySelector('[data-new-events]');
if (newEvents) {
  const newEventsUrl = new URL(newEvents.href);
  newEventsUrl.pathname += '/new.json';
  const timer = setInterval(checkForEvents, 30_000);
  setTimeout(stopChecking, 3_600_000);
  document.addEventListener('visibilitychange', checkForEvents);

  async function checkForEvents() {
    if (document.hidden) return;
    const answer = await fetch(newEventsUrl, { redirect: 'manual' }).catch(() => null);
    if (answer?.ok) showNewEvents(await answer.json());
    // After sign-out, the server redirects to the page that signs in. A server that is busy or away may answer later.
    else if (answer && answer.status < 429) stopChecking();
  }

  function showNewEvents({ count, more }) {
    if (count > 0) newEvents.textContent = `${count}${more ? '+' : ''} new ${count === 1 ? 'event' : 'events'}`;
  }

  function stopChecking() {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', checkForEvents);
  }
}
