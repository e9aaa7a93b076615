// Focuses a success or error message, so that screen readers announce it. After a dialog, the focus returns to its opener.
const announcement = document.querySelector('[data-focus]');
const opener = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
if (announcement) announcement.focus();
else if (opener && !document.querySelector('dialog[open]')) opener.focus();
