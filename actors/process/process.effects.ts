/** Binds the effects that process.machine.ts names to a launcher of operating-system processes. */
import {type ActorOptions, type AnyActorLogic, createActor} from 'xstate';
import {processMachine} from './process.machine.js';
import type {Exit, ProcessInput, ProcessReport} from './process.messages.js';

/** One process that was launched. Both calls are harmless once it has ended. */
export type Launched = {
  askToStop(): void;
  kill(): void;
};

/** Starts a process. No callback runs before this has returned; `exit` runs exactly once. */
export type Launch = (on: {
  ready: () => void;
  /** It is not ready yet, and works on it. */
  progress: () => void;
  exit: (exit: Exit) => void;
}) => Launched;

export type ProcessPorts = {
  readonly launch: Launch;
  readonly clock: NonNullable<ActorOptions<AnyActorLogic>['clock']>;
  readonly tell: (report: ProcessReport) => void;
};

/** Launches at once. The actor's snapshot is `done` when the process has ended for good. */
export function startProcess(ports: ProcessPorts, input: ProcessInput) {
  let launched: Launched | null = null;
  const bound = processMachine.provide({
    actions: {
      launch: () => {
        launched = ports.launch({
          ready: () => actor.send({type: 'process.ready'}),
          progress: () => actor.send({type: 'process.progressed'}),
          exit: exit => actor.send({type: 'process.exited', exit}),
        });
      },
      askToStop: () => launched?.askToStop(),
      kill: () => launched?.kill(),
      tell: (_, {report}) => ports.tell(report),
    },
  });

  const actor = createActor(bound, {input, clock: ports.clock});
  return actor.start();
}
