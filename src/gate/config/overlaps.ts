import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { GateConfig } from './config.ts'
import { isEverywhere, placeText, plainHost, type Place } from './places.ts'

interface Taken {
  /** Who listens, as a person calls it. */
  readonly who: string
  readonly place: Place
  readonly path: readonly string[]
}

/** Refuses two that would listen at one place: the second would not get it when the gate starts. `path` of `metrics` and `links`: where they stand in the file. */
export function refuseOverlaps(
  { services, metrics, links }: Pick<GateConfig, 'services' | 'metrics' | 'links'>,
  metricsPath: readonly string[],
  refuse: (problem: YamlProblem) => PosternError,
): void {
  const door = links.door?.place
  const all: readonly Taken[] = [
    ...services.flatMap(({ name, listen, link }) =>
      link === undefined ? [{ who: name, place: listen, path: ['services', name, 'listen'] }] : [],
    ),
    ...(metrics === undefined ? [] : [{ who: 'metrics', place: metrics, path: metricsPath }]),
    ...(door === undefined ? [] : [{ who: 'links', place: door, path: ['links', 'listen'] }]),
  ]
  for (const [index, { place, path }] of all.entries()) {
    const other = all.slice(0, index).find((one) => overlap(one.place, place))
    if (other === undefined) continue
    const where = placeText(other.place)
    const too = where === placeText(place) ? ' too' : `, and ${placeText(place)} cannot be had beside it`
    throw refuse({
      path,
      what: `${other.who} listens on ${where}${too}`,
      remedy: 'Give each service a place of its own.',
    })
  }
}

/** What names stand for nobody knows before they are looked up. */
function overlap(one: Place, other: Place): boolean {
  if (one.port === 0 || one.port !== other.port) return false
  const [here, there] = [plainHost(one.host), plainHost(other.host)]
  // Whoever listens on every address of IPv6 has those of IPv4, too.
  if (here === there || isBoth(here) || isBoth(there)) return true
  return (isEverywhere(here) && isOfIPv4(there)) || (isEverywhere(there) && isOfIPv4(here))
}

function isBoth(host: string): boolean {
  return host === '' || host === '::'
}

function isOfIPv4(host: string): boolean {
  return /^\d+(?:\.\d+){3}$/.test(host)
}
