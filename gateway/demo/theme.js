const KEPT = 'voice-gateway.theme';

/**
 * Light or dark: the system's choice until the button is pressed.
 *
 * @param {HTMLButtonElement} button
 * @param {() => void} changed
 */
export function switchable(button, changed) {
  const { style } = document.documentElement;
  style.colorScheme = localStorage.getItem(KEPT) ?? '';
  button.addEventListener('click', () => {
    const dark = (style.colorScheme || system()) === 'dark';
    style.colorScheme = dark ? 'light' : 'dark';
    localStorage.setItem(KEPT, style.colorScheme);
    changed();
  });
}

function system() {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
