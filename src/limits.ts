/** Bounds that several parts of the system must agree on, with the reason for each. */

/**
 * An object with all its siblings: leaves room for the frame around it under the broker's default 1
 * MiB.
 */
export const OBJECT_BYTES_MAX = 768 * 1024;

/** How long a superseded write's id is remembered, so that a late retry is recognised. */
export const RETRY_WINDOW_MS = 120_000;
