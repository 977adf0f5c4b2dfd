/**
 * When each host was last heard, and when the broker was last asked whether anybody still listens
 * there.
 */

/** After this long without a word from a host, the broker is asked. */
export const QUIET_MS = 100;

type Voice = {heardAtMs: number; probedAtMs: number};

export class Voices {
  readonly #voices = new Map<string, Voice>();

  heard(host: string, nowMs: number): void {
    this.#voice(host).heardAtMs = nowMs;
  }

  heardAtMs(host: string): number {
    return this.#voice(host).heardAtMs;
  }

  /**
   * True at most once in `QUIET_MS`, and not while the host is heard. The caller then does probe.
   */
  mayProbe(host: string, nowMs: number): boolean {
    const voice = this.#voice(host);
    if (nowMs - Math.max(voice.probedAtMs, voice.heardAtMs) < QUIET_MS) {
      return false;
    }

    voice.probedAtMs = nowMs;
    return true;
  }

  #voice(host: string): Voice {
    let voice = this.#voices.get(host);
    if (voice === undefined) {
      voice = {heardAtMs: Number.NEGATIVE_INFINITY, probedAtMs: Number.NEGATIVE_INFINITY};
      this.#voices.set(host, voice);
    }

    return voice;
  }
}
