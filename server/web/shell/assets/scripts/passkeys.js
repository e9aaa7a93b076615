// Lets the member use or make a passkey, then submits the form with what the browser returned. Only pages with such a form load this.

const unsupported = 'This browser is too old for passkeys. Update it, or choose another way.';
const reasons = {
  NotAllowedError: 'No passkey was used. Try again, or choose another way.',
  InvalidStateError: 'This device or security key already has a passkey of your account.',
  SecurityError: 'The browser allows no passkeys at this address. Open this page at the public URL.',
};

for (const form of document.querySelectorAll('form[data-passkey]')) {
  let isAsking = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    showPasskeyProblem(form, '');
    try {
      await askForPasskey(form);
    } catch (error) {
      showPasskeyProblem(form, reasons[error.name] ?? 'The passkey could not be used. Reload this page and try again.');
    } finally {
      isAsking = false;
    }
  });
}

async function askForPasskey(form) {
  const credentials = globalThis.PublicKeyCredential;
  if (!credentials?.parseRequestOptionsFromJSON) return showPasskeyProblem(form, unsupported);
  const address = new URL(form.dataset.options ?? form.action, location.href);
  address.pathname += '/options';
  const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  if (answer.redirected) return location.reload();
  const options = await answer.json();
  // The page of the form says what else is needed.
  if (options.code === 'confirmation-required') return form.submit();
  if (!answer.ok) return showPasskeyProblem(form, options.message);
  const credential =
    form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey: credentials.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: credentials.parseRequestOptionsFromJSON(options) });
  form.elements.response.value = JSON.stringify(credential);
  form.submit();
}

function showPasskeyProblem(form, text) {
  const problem = form.querySelector('[data-passkey-problem]');
  problem.textContent = text;
  problem.hidden = text === '';
}
