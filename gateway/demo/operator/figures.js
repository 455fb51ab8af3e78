const COUNT = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const SHARE = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** @param {number} number */
export const count = (number) => COUNT.format(number);

/** @param {number} number */
export const short = (number) => (number < 10_000 ? COUNT.format(number) : SHORT.format(number));

/** @param {number} part @param {number} whole */
export const share = (part, whole) => (whole > 0 ? SHARE.format(part / whole) : '–');

/** @param {number | undefined} usd @param {number} digits */
export function dollars(usd, digits = usd >= 0.1 ? 2 : 4) {
  if (usd === undefined) return '–';
  return `$${usd.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** @param {number | undefined} seconds */
export function duration(seconds) {
  if (seconds === undefined) return '–';
  if (seconds === Infinity) return 'more';
  const [number, unit] = seconds < 0.9995 ? [seconds * 1000, 'ms'] : seconds < 60 ? [seconds, 's'] : [seconds / 60, 'min'];
  return `${Number(number.toPrecision(number < 100 ? 2 : 3))} ${unit}`;
}

/** @param {number} seconds until then */
export function left(seconds) {
  if (seconds <= 0) return 'now';
  const hours = seconds / 3600;
  return hours < 48 ? `${Math.ceil(hours)} h` : `${Math.floor(hours / 24)} days`;
}

/** @param {number} at seconds since the epoch */
export const time = (at) => TIME.format(at * 1000);

/** @param {number} at seconds since the epoch */
export const moment = (at) => MOMENT.format(at * 1000);
