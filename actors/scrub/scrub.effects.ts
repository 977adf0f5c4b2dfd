/**
 * Binds the effects that scrub.machine.ts names to the store's checked storage: what is damaged is
 * noticed there. Nothing that is read is kept, nor put into a cache.
 */
import type {ActorRefFrom} from 'xstate';
import type {Clock} from '../../src/ports/clock.js';
import type {Storage} from '../../src/ports/storage.js';
import {Pass, type ScrubOptions, type ScrubStatus} from './pass.js';
import {scrubMachine} from './scrub.machine.js';

export type ScrubPorts = {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Whether requests wait for the disk or the processor now. */
  readonly isBusy: () => boolean;
};

type Self = ActorRefFrom<typeof scrubMachine>;

/** A restarted actor goes on where its predecessor was. */
export function bindScrub({storage, clock, isBusy}: ScrubPorts, options: ScrubOptions) {
  const pass = new Pass(options);
  const machine = scrubMachine.provide({
    guards: {isBusy},
    delays: {pause: () => pass.pauseMs},
    actions: {
      read: args => {
        const self = args.self as Self;
        storage.scan(pass.begin(clock.nowMs(), clock.wallMs()), (failure, entries) => {
          if (self.getSnapshot().status !== 'active') {
            return;
          }

          if (failure === null) {
            pass.read(entries, clock.nowMs(), clock.wallMs());
            self.send({type: 'scrub.read'});
          } else {
            pass.problem = failure.message;
            self.send({type: 'scrub.failed'});
          }
        });
      },
    },
  });

  return {machine, status: (): ScrubStatus => pass.status};
}
