import { placeText, type ServiceConfig } from '../gate/index.ts'

/** What of a service tells. */
interface Told extends Pick<ServiceConfig, 'name' | 'dialect'> {
  readonly backends: readonly Pick<ServiceConfig['backends'][number], 'place' | 'proxy' | 'xclient'>[]
}

const MAIL: readonly string[] = ['smtp', 'submission']

/**
 * In sentences, which servers of mail on this machine see the gate in place of every client. They trust their own address as a rule, and relay for it.
 */
export function strangersIn(services: readonly Told[]): readonly string[] {
  return services
    .filter(({ dialect }) => MAIL.includes(dialect))
    .flatMap(({ name, backends }) =>
      backends
        .filter(({ place, proxy, xclient }) => isLoopback(place.host) && !proxy && !xclient)
        .map(
          ({ place }) =>
            `${name}: the server behind at ${placeText(place)} sees every client as its own machine: an open relay where it trusts its own addresses. ` +
            'Use proxy: v2 or xclient: true, or let it trust none.',
        ),
    )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127\./i.test(host)
}
