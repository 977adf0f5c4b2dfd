/**
 * Every way a request can end that is not plain success: the codes of the protocol, one place.
 * The numbers are the protocol's; docs/protocol.md lists them with what a client should do.
 */
export const Code = {
  ok: 200,
  badRequest: 400,
  notFound: 404,
  tooLarge: 413,
  overloaded: 429,
  unavailable: 503,
  /** The outcome is unknown: neither success nor failure. */
  unknownOutcome: 504,
} as const;

export type Code = (typeof Code)[keyof typeof Code];

/** A request that was turned down: `text` says what was wrong and what to do. */
export type Rejection = {readonly code: Code; readonly text: string};

export function reject(code: Code, text: string): Rejection {
  return {code, text};
}
