import { networkInterfaces } from 'node:os'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { ServiceConfig } from './config.ts'
import { isEverywhere, isLoopback, placeText, plainHost, type Place } from './places.ts'

type Service = Pick<ServiceConfig, 'name' | 'listen' | 'link'> & {
  readonly backends: readonly { readonly place: Place }[]
  readonly routes: readonly { readonly backends: readonly { readonly place: Place }[] }[]
}

/**
 * Refuses services whose clients would come back to them, each time as another client: one that has its own address behind it, or that of another service
 * which leads back. One service in front of another is none.
 */
export function refuseLoops(services: readonly Service[], refuse: (problem: YamlProblem) => PosternError): void {
  for (const service of services) {
    for (const { place, path } of placesBehind(service)) {
      const next = services.find((one) => isAt(place, one))
      const way = next === undefined ? undefined : wayBack(next, service, services, [])
      if (way === undefined) continue
      const through = way.slice(0, -1).map(({ name }) => name)
      throw refuse({
        path: ['services', service.name, ...path],
        what: `${service.name} listens on ${placeText(service.listen)} itself, and ${placeText(place)} leads back to it${through.length === 0 ? '' : ` through ${through.join(', ')}`}`,
        remedy: 'Name the server behind, at an address or a port of its own.',
      })
    }
  }
}

function placesBehind({ backends, routes }: Service): readonly { readonly place: Place; readonly path: readonly string[] }[] {
  const of = (some: Service['backends'], path: readonly string[]): readonly { readonly place: Place; readonly path: readonly string[] }[] =>
    some.map(({ place }, index) => ({ place, path: some.length > 1 ? [...path, String(index)] : path }))
  return [...of(backends, ['backend']), ...routes.flatMap((route, index) => of(route.backends, ['routes', String(index), 'backend']))]
}

/** The services from one to another, that one included; undefined where none leads there. */
function wayBack(from: Service, to: Service, services: readonly Service[], been: readonly Service[]): readonly Service[] | undefined {
  if (from === to) return [to]
  if (been.includes(from)) return undefined
  for (const { place } of placesBehind(from)) {
    const next = services.find((one) => isAt(place, one))
    const way = next === undefined ? undefined : wayBack(next, to, services, [...been, from])
    if (way !== undefined) return [from, ...way]
  }
  return undefined
}

/** Whether whoever connects to the place comes to the service. */
function isAt(place: Place, { listen, link }: Service): boolean {
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

/** An address of this machine. What a name stands for nobody knows before it is looked up. */
function isOwn(host: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
  return isLoopback({ host, port: 0 }) || own.some(({ address }) => address === host)
}
