/** The only source of chance. */
export interface Random {
  /** Unpredictable bytes: for identities, secrets and tokens. */
  bytes(count: number): Uint8Array;
  /** A whole number from 0 to `limit - 1`: for choices where predictability does no harm. */
  below(limit: number): number;
}
