/**
 * Binds the effects that coordinator.machine.ts names: the mail of a turn, and time passing. What
 * they do is the desk's.
 */
import {coordinatorMachine} from './coordinator.machine.js';
import type {CoordinatorMail} from './coordinator.messages.js';
import {CoordinatorDesk, type CoordinatorPorts} from './desk.js';

/** The coordinator's machine, bound, and what else the host tells it outside of events. */
export function bindCoordinator(ports: CoordinatorPorts) {
  const {mailbox} = ports;
  const desk = new CoordinatorDesk(ports);

  const handle = (mail: CoordinatorMail) => {
    if ('verb' in mail) {
      desk.admit(mail);
    } else {
      desk.hear(mail);
    }
  };

  /** A crash half-way through the mail must not take along what had not begun. */
  const work = () => {
    const mails = mailbox.take();
    for (const [index, mail] of mails.entries()) {
      try {
        handle(mail);
      } catch (error) {
        mails.slice(index + 1).forEach(waiting => desk.later(waiting));
        if ('verb' in mail) {
          desk.giveUp(mail);
        }

        throw error;
      }
    }
  };

  const machine = coordinatorMachine.provide({
    guards: {
      isIdle: () => desk.inFlight === 0 && mailbox.depth === 0,
      isQuiet: () => desk.inFlight === 0 && desk.lingering === 0 && mailbox.depth === 0,
    },
    actions: {
      begin: ({self}) => {
        // What a crashed predecessor had begun may have happened or not.
        desk.abandon('the coordinator restarted');
        mailbox.attach(() => self.send({type: 'coordinator.mail'}));
      },
      work,
      sweep: () => desk.sweep(),
    },
  });

  return {machine, desk};
}
