/** All that a delivery can be told. Acknowledgements are no events: they pass it by. */
export type DeliveryEvent =
  /** Something could not be handed over, and would not be now. */
  | {type: 'delivery.refused'}
  /** Nothing is left to hand over, or nobody to hand it to. */
  | {type: 'delivery.idle'}
  | {type: 'delivery.failed'; cause: unknown}
  | {type: 'delivery.close'};

export type DeliveryInput = {
  /** The host that the hints are for. */
  readonly target: string;
  readonly lookEveryMs: number;
};

export type DeliveryContext = DeliveryInput;
