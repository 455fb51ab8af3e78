import { remembered } from '/demo/door.js';

/** The secret is missing or wrong. */
export class Stranger extends Error {}

/**
 * @param {string} path of one of the gateway's routes
 * @returns {Promise<any>} undefined: it has no such route, or does not know what is asked for
 */
export async function ask(path) {
  if (absent.has(path)) return undefined;
  const answer = await get(path);
  if (answer.ok) return answer.json();
  if (!path.startsWith('/v1/traces/')) absent.add(path);
  return undefined;
}

/** What this gateway has no answer for; not asked again. */
const absent = new Set();

/** @param {string} path */
export async function read(path) {
  const answer = await get(path);
  return answer.ok ? answer.text() : undefined;
}

/**
 * @param {string} path
 * @returns {Promise<Response>}
 */
export async function get(path) {
  const secret = remembered();
  // A header holds bytes: a secret of other letters is sent as its UTF-8.
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret ?? ''));
  const answer = await fetch(path, secret ? { headers: { Authorization: `Bearer ${bytes}` } } : {});
  if (answer.status === 401) throw new Stranger();
  if (answer.status >= 500) throw new Error(`the gateway answered ${answer.status}`);
  return answer;
}
