/** What an exit code says. Scripts rely on these numbers: they are never given another meaning. */
export const ExitCode = {
  ok: 0,
  generic: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  /** Too few owners could be reached for the wanted quorum. */
  unavailable: 5,
  /** The outcome of the request is unknown. */
  timeout: 6,
  denied: 7,
  /** No broker answers at the address. */
  connection: 8,
  /** Host: the store was found damaged; the next start salvages it. */
  storeCorrupt: 70,
  /** Host: the store is open elsewhere, or the host's id answers elsewhere. */
  storeLocked: 71,
  /** Host: its configuration contradicts itself, the stored data or the broker. */
  configuration: 78,
  interrupted: 130,
} as const;

const reasons = new Map<number, string>([
  [ExitCode.usage, 'its options are wrong'],
  [ExitCode.storeCorrupt, 'its store was found damaged, its next start salvages it'],
  [ExitCode.storeLocked, 'its store or its id is in use elsewhere'],
  [ExitCode.configuration, 'its configuration is refused'],
]);

/** A host that ended with one of these would end the same way again, so it is not restarted. */
const incurable: ReadonlySet<number> = new Set([
  ExitCode.usage,
  ExitCode.storeLocked,
  ExitCode.configuration,
]);

export const isIncurable = (code: number | null): boolean => code !== null && incurable.has(code);

/** Says for people how a process ended; the arguments are those of the `exit` event. */
export function describeExit(code: number | null, signal: string | null): string {
  if (signal !== null) {
    return `killed by ${signal}`;
  }

  const reason = code === null ? undefined : reasons.get(code);
  return reason === undefined ? `exit code ${code ?? 'unknown'}` : `exit code ${code}: ${reason}`;
}
