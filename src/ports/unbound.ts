/** Stands in for an effect that a machine names but does not implement. Running it is a bug. */
export const unbound =
  <Params>(effect: string) =>
  (_args: unknown, _params: Params): void => {
    throw new Error(`effect '${effect}' was run before it was bound to a port`);
  };

/** The same for a question that only the world can answer. */
export const unboundGuard = (guard: string) => (): boolean => {
  throw new Error(`guard '${guard}' was asked before it was bound to a port`);
};

/** The same for a delay that only the world can tell. */
export const unboundDelay = (delay: string) => (): number => {
  throw new Error(`delay '${delay}' was asked before it was bound to a port`);
};
