const KEPT = 'voice-gateway.secret';

/** The secret that this tab remembers. */
export function remembered() {
  return sessionStorage.getItem(KEPT) ?? undefined;
}

/**
 * Ask for the gateway's secret.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string | undefined>} undefined: not now
 */
export function askSecret(dialog) {
  const form = dialog.querySelector('form');
  const input = dialog.querySelector('input');
  sessionStorage.removeItem(KEPT);
  input.value = '';
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = () => {
      sessionStorage.setItem(KEPT, input.value);
      resolve(input.value);
    };
    dialog.querySelector('#door-close').onclick = () => dialog.close();
    dialog.onclose = () => resolve(undefined);
  });
}
