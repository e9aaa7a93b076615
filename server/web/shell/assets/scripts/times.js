// Shows times in the time zone of this browser, and says so once. Pages without `data-zone` stay in UTC.
const zone = document.querySelector('[data-zone]');
if (zone) {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const twoDigits = (number) => String(number).padStart(2, '0');
  const date = (time) => `${time.getDate()} ${months[time.getMonth()]} ${time.getFullYear()}`;
  const clock = (time) => `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
  const minute = (time) => `${date(time)}, ${clock(time)}`;
  for (const element of document.querySelectorAll('time[datetime]')) {
    const time = new Date(element.dateTime);
    if (element.dataset.exact) element.dataset.exact = minute(time);
    // An expiry that was given as a date is the end of that day in UTC, which east of UTC is on the next day.
    const isEndOfDay = element.dateTime.endsWith('T23:59:59.999Z');
    if (element.dataset.form === 'date' && !isEndOfDay) element.textContent = date(time);
    if (element.dataset.form === 'clock') element.textContent = clock(time);
    if (element.dataset.form === 'minute') element.textContent = minute(time);
  }
  const ahead = -new Date().getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60].map(twoDigits);
  zone.textContent = `Times are in your time zone, UTC${ahead < 0 ? '−' : '+'}${hours}:${minutes}.`;
}
