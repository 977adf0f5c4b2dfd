/** All a gossip actor can be told. Digests of other hosts go to its watch, not through it. */
export type GossipEvent =
  /** The connection to the broker was lost, or is there again. */
  {type: 'gossip.cutOff'} | {type: 'gossip.connected'};

export type GossipInput = {
  /** Between two looks at all hosts; a heartbeat leaves with every second one. */
  readonly tickMs: number;
  readonly graceMs: number;
};

export type GossipContext = GossipInput;
