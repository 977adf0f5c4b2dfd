/** Once replicas are equal and nobody asks for anything, hosts neither send nor commit objects. */
export function checkQuiet(objectsMoved: number, forMs: number): string[] {
  return objectsMoved === 0
    ? []
    : [`${objectsMoved} objects were sent or committed in ${forMs} ms in which nothing differed`];
}
