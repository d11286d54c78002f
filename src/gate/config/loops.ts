import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { ServiceConfig } from './config.ts'
import { isEverywhere, isLoopback, placeText, plainHost, type Place } from './places.ts'

type Leg = { readonly leg: { readonly to: Place | undefined } }

type Service = Pick<ServiceConfig, 'name' | 'listen' | 'link'> & {
  readonly outlet?: Leg & { readonly destinations: readonly Leg[] }
  readonly backends: readonly { readonly place: Place }[]
  readonly routes: readonly { readonly backends: readonly { readonly place: Place }[] }[]
}

/** A way from a service back to it. */
interface Loop {
  readonly service: Service
  /** Of the server behind, where it begins. */
  readonly place: Place
  readonly path: readonly string[]
  /** Other services that it leads through. */
  readonly through: readonly Service[]
}

/**
 * Refuses services whose clients would come back to them, each time as another client: one that has its own address behind it, or that of another service
 * which leads back. One service in front of another is none.
 */
export function refuseLoops(services: readonly Service[], refuse: (problem: YamlProblem) => PosternError): void {
  for (const { service, place, path, through } of loopsIn(services, (place) => services.find((one) => isAt(place, one))))
    throw refuse({
      path: ['services', service.name, ...path],
      what: `${service.name} listens on ${placeText(service.listen)} itself, and ${placeText(place)} leads back to it${throughText(through)}`,
      remedy: 'Name the server behind, at an address or a port of its own.',
    })
}

/**
 * The same of servers behind that are called by a name, in sentences: what a name stands for may be known later, and may change. Names are looked up where a
 * service listens on the port behind them, and those that cannot be found in time are left out.
 */
export async function loopsByName(
  services: readonly Service[],
  addressesOf: (name: string) => Promise<readonly string[]> = lookUp,
): Promise<readonly string[]> {
  const ports = new Set(services.map(({ listen }) => listen.port))
  const suspects = services.flatMap(placesBehind).flatMap(({ place: { host, port } }) => (isName(host) && ports.has(port) ? [host] : []))
  const found = new Map(await Promise.all([...new Set(suspects)].map(async (name) => [name, await addressesOf(name)] as const)))
  const leadsTo = (place: Place): Service | undefined => {
    const places = (found.get(place.host) ?? []).map((host) => ({ ...place, host }))
    return services.find((service) => [place, ...places].some((one) => isAt(one, service)))
  }
  return [...loopsIn(services, leadsTo)].map(
    ({ service, place, through }) =>
      `${service.name}: ${placeText(place)} leads back to ${service.name} itself${throughText(through)}. Name the server behind, at an address or a port of its own.`,
  )
}

/** A name that nobody answers for in time, in milliseconds, is none. */
const LOOK_UP_MS = 2000

async function lookUp(name: string): Promise<readonly string[]> {
  const late = new AbortController()
  const found = lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  const addresses = await Promise.race([found, delay(LOOK_UP_MS, [], { signal: late.signal }).catch(() => [])])
  late.abort()
  return addresses
}

/** `leadsTo`: the service to which whoever connects to a place comes. */
function* loopsIn(services: readonly Service[], leadsTo: (place: Place) => Service | undefined): Generator<Loop> {
  for (const service of services) {
    for (const { place, path } of placesBehind(service)) {
      const next = leadsTo(place)
      const way = next === undefined ? undefined : wayBack(next, service, leadsTo, [])
      if (way !== undefined) yield { service, place, path, through: way.slice(0, -1) }
    }
  }
}

function throughText(through: readonly Service[]): string {
  return through.length === 0 ? '' : ` through ${through.map(({ name }) => name).join(', ')}`
}

/** A place with where it is written. */
interface PlaceBehind {
  readonly place: Place
  readonly path: readonly string[]
}

function placesBehind({ backends, routes, outlet }: Service): readonly PlaceBehind[] {
  const of = (some: Service['backends'], path: readonly string[]): readonly PlaceBehind[] =>
    some.map(({ place }, index) => ({ place, path: some.length > 1 ? [...path, String(index)] : path }))
  const next = ({ leg: { to } }: Leg, path: readonly string[]): readonly PlaceBehind[] => (to === undefined ? [] : [{ place: to, path }])
  const [usual] = outlet === undefined ? [] : next(outlet, ['outlet', 'to'])
  const others = (outlet?.destinations ?? []).flatMap((one, index) => next(one, ['outlet', 'destinations', String(index), 'to']))
  return [
    ...of(backends, ['backend']),
    ...routes.flatMap((route, index) => of(route.backends, ['routes', String(index), 'backend'])),
    ...(usual === undefined ? [] : [usual]),
    // Where it is not written there, it is that of the outlet.
    ...others.filter(({ place }) => usual === undefined || placeText(place) !== placeText(usual.place)),
  ]
}

/** The services from one to another, that one included; undefined where none leads there. */
function wayBack(
  from: Service,
  to: Service,
  leadsTo: (place: Place) => Service | undefined,
  been: readonly Service[],
): readonly Service[] | undefined {
  if (from === to) return [to]
  if (been.includes(from)) return undefined
  for (const { place } of placesBehind(from)) {
    const next = leadsTo(place)
    const way = next === undefined ? undefined : wayBack(next, to, leadsTo, [...been, from])
    if (way !== undefined) return [from, ...way]
  }
  return undefined
}

/** Whether whoever connects to the place comes to the service. */
export function isAt(place: Place, { listen, link }: Pick<Service, 'listen' | 'link'>): boolean {
  if (link !== undefined || listen.port === 0 || place.port !== listen.port) return false
  const [there, here] = [reached(place.host), plainHost(listen.host)]
  if (there === here) return true
  if (isEverywhere(here)) return isOwn(there)
  return isLoopback({ ...place, host: there }) && isLoopback({ ...listen, host: here }) && (there === 'localhost' || here === 'localhost')
}

/** Where a connection arrives: what means every address to whoever listens means this machine to whoever connects. */
function reached(host: string): string {
  const plain = plainHost(host)
  if (plain === '') return 'localhost'
  if (plain === '0.0.0.0') return '127.0.0.1'
  return plain === '::' ? '::1' : plain
}

function isName(host: string): boolean {
  return host !== '' && isIP(host) === 0
}

/** Whether whoever connects to an address comes to this machine. */
export function isOwnAddress(address: string): boolean {
  return isOwn(reached(plainHost(address)))
}

/** An address of this machine. What a name stands for nobody knows before it is looked up. */
function isOwn(host: string): boolean {
  return isLoopback({ host, port: 0 }) || ownAddresses().includes(host)
}

/** Milliseconds: addresses come and go, and asking for them takes longer than all else here. */
const OWN_MS = 10_000

let own: { readonly addresses: readonly string[]; readonly until: number } = { addresses: [], until: -Infinity }

function ownAddresses(): readonly string[] {
  if (own.until < performance.now()) {
    const all = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
    own = { addresses: all.map(({ address }) => address), until: performance.now() + OWN_MS }
  }
  return own.addresses
}
