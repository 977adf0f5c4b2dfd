/** Wall clocks that jump. */
import type {Fault} from './fault.js';

const DAY_SECONDS = 86_400;

export const jumpingClock: Fault = {
  name: "a host's clock jumps",
  victim: 'host',
  needs: ['clock'],
  fails: false,
  begin: async ({equipment}, host, random) => {
    const clock = equipment.clocks.get(host);
    const ahead = random.pick([-3 * DAY_SECONDS, -3_600, -90, 90, 3_600, 30 * DAY_SECONDS]);
    clock?.jumpTo(ahead);
    return async () => clock?.jumpTo(0);
  },
};
