/**
 * Evens out who holds how many partitions, by passing partitions from host to host.
 *
 * Sometimes a host with too many can give to nobody with too few, but to a third that can: then a
 * chain of hand-overs is made, the cheapest there is. This is the augmenting path of minimum-cost
 * flow (Ahuja, Magnanti, Orlin: "Network Flows", chapter 9) on a graph of hosts, where an edge is
 * the cheapest partition to hand over.
 */
export type Exchange = {
  readonly partitions: number;
  /** How many partitions each host holds. `move` keeps it up to date. */
  readonly counts: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  holders(partition: number): readonly number[];
  canMove(partition: number, from: number, to: number): boolean;
  /** Not negative. */
  cost(partition: number, from: number, to: number): number;
  move(partition: number, from: number, to: number): void;
};

type Edge = {readonly partition: number; readonly cost: number};
type Step = {readonly partition: number; readonly from: number; readonly to: number};

/** Longer chains of equal cost are worse: each hand-over weighs this much by itself. */
const STEP_COST = 1e-6;

/** Ends with every count within its bounds, or where no chain leads any further. */
export function level(exchange: Exchange): void {
  moveDirectly(exchange);
  // Each chain brings one count closer to its bounds, unless it had to be cut short.
  for (let chains = 4 * sum(exchange.counts); chains > 0; chains--) {
    const chain = cheapestChain(exchange);
    if (chain.length === 0) {
      return;
    }

    for (const {partition, from, to} of chain) {
      // Two hand-overs of one partition may exclude each other; the rest of the chain is then
      // sought anew.
      if (!exchange.canMove(partition, from, to)) {
        break;
      }

      exchange.move(partition, from, to);
    }
  }
}

/** Most of the work, in one pass: from who has too many straight to who has too few. */
function moveDirectly(exchange: Exchange): void {
  const {partitions, counts, high} = exchange;
  for (let partition = 0; partition < partitions; partition++) {
    for (const from of exchange.holders(partition)) {
      if (at(counts, from) > at(high, from)) {
        const to = cheapestHeir(exchange, partition, from);
        if (to !== undefined) {
          exchange.move(partition, from, to);
        }
      }
    }
  }
}

function cheapestHeir(exchange: Exchange, partition: number, from: number): number | undefined {
  const {counts, low, high} = exchange;
  const rank = (to: number) => exchange.cost(partition, from, to) + at(counts, to) / at(high, to);
  let best: number | undefined;
  for (let to = 0; to < counts.length; to++) {
    const isHeir = at(counts, to) < at(low, to) && exchange.canMove(partition, from, to);
    if (isHeir && (best === undefined || rank(to) < rank(best))) {
      best = to;
    }
  }

  return best;
}

/** Empty when all counts are within bounds, or none that is not can be helped. */
function cheapestChain(exchange: Exchange): Step[] {
  const {counts, low, high} = exchange;
  const hosts = [...counts.keys()];
  const over = hosts.filter(host => at(counts, host) > at(high, host));
  if (over.length > 0) {
    return shortestPath(
      exchange,
      over,
      hosts.filter(host => at(counts, host) < at(high, host)),
    );
  }

  const under = hosts.filter(host => at(counts, host) < at(low, host));
  if (under.length > 0) {
    return shortestPath(
      exchange,
      hosts.filter(host => at(counts, host) > at(low, host)),
      under,
    );
  }

  return [];
}

/** Bellman and Ford's. The graph is small: as many nodes as hosts. */
function shortestPath(exchange: Exchange, sources: number[], sinks: number[]): Step[] {
  const edges = cheapestEdges(exchange);
  const hosts = edges.length;
  const distance = filled(hosts, Infinity);
  const cameBy = filled<Step | undefined>(hosts, undefined);
  for (const source of sources) {
    distance[source] = 0;
  }

  for (let changed = true; changed; ) {
    changed = false;
    for (const [from, row] of edges.entries()) {
      for (const [to, edge] of row.entries()) {
        const reached = at(distance, from) + (edge?.cost ?? Infinity) + STEP_COST;
        if (edge !== undefined && reached < at(distance, to)) {
          distance[to] = reached;
          cameBy[to] = {partition: edge.partition, from, to};
          changed = true;
        }
      }
    }
  }

  const nearest = sinks.reduce(
    (best, sink) => (at(distance, sink) < at(distance, best) ? sink : best),
    sinks[0] ?? -1,
  );
  const path: Step[] = [];
  for (let step = cameBy[nearest]; step !== undefined; step = cameBy[step.from]) {
    path.unshift(step);
  }

  return path;
}

function cheapestEdges(exchange: Exchange): Array<Array<Edge | undefined>> {
  const hosts = exchange.counts.length;
  const edges = Array.from({length: hosts}, () => filled<Edge | undefined>(hosts, undefined));
  for (let partition = 0; partition < exchange.partitions; partition++) {
    for (const from of exchange.holders(partition)) {
      const row = edges[from] ?? [];
      for (let to = 0; to < hosts; to++) {
        if (exchange.canMove(partition, from, to)) {
          const cost = exchange.cost(partition, from, to);
          if (cost < (row[to]?.cost ?? Infinity)) {
            row[to] = {partition, cost};
          }
        }
      }
    }
  }

  return edges;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Infinity;
}

function filled<Value>(length: number, value: Value): Value[] {
  return Array.from({length}, () => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
