import type {AnyActorLogic, DoneActorEvent} from 'xstate';

/** All repair can be told, and that an exchange has ended. */
export type RepairEvent =
  /** Something may be due sooner than the next tick. */
  {type: 'repair.wake'} | {type: 'repair.stop'} | DoneActorEvent;

export type MadeExchange = {
  readonly id: string;
  readonly logic: AnyActorLogic;
  readonly input: unknown;
};

export type RepairInput = {
  readonly tickMs: number;
  /** The next exchange that may begin now, which is then under way; null when there is none. */
  readonly next: () => MadeExchange | null;
};

export type RepairContext = RepairInput;
