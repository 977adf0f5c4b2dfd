import {initialTransition, transition} from 'xstate';
import type {AnyMachineSnapshot, AnyStateMachine, EventFromLogic, InputFrom} from 'xstate';

type Effect = {type: string; params: object | undefined};

/**
 * Feeds events to a machine without running effects. Returns the last state and all effects asked
 * for.
 */
export function drive<M extends AnyStateMachine>(
  machine: M,
  input: InputFrom<M>,
  events: ReadonlyArray<EventFromLogic<M>>,
) {
  const first = initialTransition(machine as AnyStateMachine, input);
  let [snapshot, asked] = first as [AnyMachineSnapshot, Effect[]];
  const effects = [...asked];
  for (const event of events) {
    const next = transition(machine as AnyStateMachine, snapshot, event);
    [snapshot, asked] = next as [AnyMachineSnapshot, Effect[]];
    effects.push(...asked);
  }

  const isOurs = ({type}: Effect) => !type.startsWith('xstate.');
  return {
    state: snapshot.value,
    effects: effects.filter(isOurs).map(({type, params}) => ({type, ...params})),
  };
}
