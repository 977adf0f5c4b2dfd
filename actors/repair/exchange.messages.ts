/** All an exchange can be told: each ends one of its own effects. */
export type ExchangeEvent =
  /** Nothing differs, or nothing does any more. */
  | {type: 'exchange.same'}
  | {type: 'exchange.differ'}
  /** It cannot go on, or has done what it may at once. The agenda has been told. */
  | {type: 'exchange.ended'}
  | {type: 'exchange.broken'; cause: unknown};

export type ExchangeInput = {
  /** The vnode here joins. */
  readonly isJoining: boolean;
  /** Between the two looks. */
  readonly pauseMs: number;
};

export type ExchangeContext = ExchangeInput;
