/** The gateway refused something; `code` is one of PROTOCOL.md's. */
export class GatewayError extends Error {
  /** @param {{code: string, message: string, field?: string, retryable?: boolean}} error as it came over the wire */
  constructor({ code, message, field, retryable = false }) {
    super(field ? `${message} (${field})` : message);
    this.name = 'GatewayError';
    this.code = code;
    this.field = field;
    this.retryable = retryable;
  }
}

/** The connection ended, or could not be made; `error` is what the gateway said before it closed, if it did. */
export class ConnectionClosed extends Error {
  /**
   * @param {number} closeCode
   * @param {GatewayError} [error]
   */
  constructor(closeCode, error) {
    super(error?.message ?? `The connection closed (${closeCode})`);
    this.name = 'ConnectionClosed';
    this.closeCode = closeCode;
    this.error = error;
  }
}

/** The browser gives no sound: no device, or no user gesture yet. */
export class AudioUnavailable extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super('The browser gives no sound. Call unlock() inside a click, and check the output device.', { cause });
    this.name = 'AudioUnavailable';
    this.code = 'audio-unavailable';
  }
}
