/**
 * Which hosts must not hold copies of one partition together.
 *
 * Regions hold zones, zones hold machines, machines hosts. With at least as many domains of a level
 * as copies, no two copies share one; with fewer, every domain of that level gets a copy. Because
 * levels nest, two of them say it all: `apart`, the coarsest level with enough domains, and
 * `covered`, the level above it.
 *
 * A host without a zone or region is in the unnamed one; a host without a machine is alone on its
 * own.
 */
export type Labels = {
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly machine?: string | undefined;
};

export type RingHost = {readonly id: string; readonly labels: Labels; readonly weight: number};

export const LEVELS = ['cluster', 'region', 'zone', 'machine', 'host'] as const;
export type Level = (typeof LEVELS)[number];

/** One level: the domain of each host as a small number, and how many domains there are. */
export type Groups = {readonly of: readonly number[]; readonly count: number};

export type Domains = Readonly<Record<Level, Groups>>;

export function domainsOf(hosts: readonly RingHost[]): Domains {
  const paths = hosts.map(({id, labels: {region = '', zone = '', machine}}) => {
    const alone = machine === undefined ? ['host', id] : ['machine', machine];
    return {
      cluster: [],
      region: [region],
      zone: [region, zone],
      machine: [region, zone, ...alone],
      host: [id],
    };
  });
  const perLevel = (level: Level) => numbered(paths.map(path => JSON.stringify(path[level])));
  return {
    cluster: perLevel('cluster'),
    region: perLevel('region'),
    zone: perLevel('zone'),
    machine: perLevel('machine'),
    host: perLevel('host'),
  };
}

/** The two levels that decide for `copies` copies. There must be that many hosts. */
export function decisiveLevels(domains: Domains, copies: number): {apart: Level; covered: Level} {
  const at = LEVELS.findIndex((level, index) => index > 0 && domains[level].count >= copies);
  return {apart: LEVELS[at] ?? 'host', covered: LEVELS[at - 1] ?? 'machine'};
}

function numbered(paths: readonly string[]): Groups {
  const distinct = [...new Set(paths)];
  return {of: paths.map(path => distinct.indexOf(path)), count: distinct.length};
}
