/** All a link can be told. Items to send go to its outbox, not through the machine. */
export type LinkEvent =
  | {type: 'link.welcomed'; incarnation: string}
  /**
   * Nobody hears the peer's subject, or the peer was born anew, or our own broker connection is
   * gone.
   */
  | {type: 'link.lost'}
  /** This host stops: the peer should know. */
  | {type: 'link.leave'}
  | {type: 'link.stop'};

export type LinkInput = {readonly peer: string; readonly greetEveryMs: number};

/** `incarnation` is the peer's, '' until it has welcomed us. */
export type LinkContext = LinkInput & {incarnation: string};
