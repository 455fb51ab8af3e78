/**
 * Client protocol v1 as bytes and JSON; PROTOCOL.md is normative.
 *
 *     0  u8   kind      1 streamed audio, 2 a piece of a file
 *     1  u8   flags     1 from cache
 *     2  u16  segment
 *     4  u32  turn handle
 *     8  u32  seq
 *    12  u32  position  how much of this turn's audio came before
 *    16  …   payload    all little-endian
 */

export const SUBPROTOCOL = 'voice-gateway.v1';
export const HEADER_BYTES = 16;
const FROM_CACHE = 1;

/**
 * @typedef {object} Frame
 * @property {1 | 2} kind 1 streamed audio, 2 a piece of a file
 * @property {boolean} cached
 * @property {number} segment
 * @property {number} handle of its turn
 * @property {number} seq
 * @property {number} position in the unit that `turn.started.audio.unit` names
 * @property {Uint8Array} payload a view into the message, not a copy
 */

/**
 * @param {ArrayBuffer} message a binary WebSocket message
 * @returns {Frame}
 * @throws {RangeError} when it is no frame
 */
export function parseFrame(message) {
  if (message.byteLength < HEADER_BYTES) throw new RangeError(`A frame has at least ${HEADER_BYTES} bytes`);
  const header = new DataView(message, 0, HEADER_BYTES);
  const kind = header.getUint8(0);
  if (kind !== 1 && kind !== 2) throw new RangeError(`A frame is of kind 1 or 2, not ${kind}`);
  return {
    kind,
    cached: (header.getUint8(1) & FROM_CACHE) !== 0,
    segment: header.getUint16(2, true),
    handle: header.getUint32(4, true),
    seq: header.getUint32(8, true),
    position: header.getUint32(12, true),
    payload: new Uint8Array(message, HEADER_BYTES),
  };
}

/**
 * @param {string} type
 * @param {object} [fields] those that are undefined are left out
 * @returns {string}
 */
export function encode(type, fields = {}) {
  return JSON.stringify({ type, ...fields });
}

/**
 * What to offer at the handshake. A browser can set no header, so the token rides beside the subprotocol.
 *
 * @param {string} [token]
 * @returns {string[]}
 */
export function subprotocols(token) {
  return token ? [SUBPROTOCOL, `bearer.${base64url(token)}`] : [SUBPROTOCOL];
}

/** @param {string} text */
function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * The socket's address: `http` becomes `ws`, and a gateway named by host alone gets its path.
 *
 * @param {string | URL} url absolute, or relative to `base`
 * @param {string | URL} [base]
 * @returns {URL}
 */
export function streamUrl(url, base) {
  const stream = new URL(url, base);
  stream.protocol = stream.protocol.replace(/^http/, 'ws');
  if (stream.pathname === '/') stream.pathname = '/v1/stream';
  return stream;
}
