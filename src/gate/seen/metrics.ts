import { HANDSHAKE_BOUNDS, type ServiceSnapshot, type Tally } from './snapshot.ts'
import type { GateStatus } from './status.ts'

/** `prometheus`: text exposition format 0.0.4. `openmetrics`: OpenMetrics 1.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics'

export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

interface Sample {
  /** Behind the name of the family, `_bucket`. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Family {
  /** Without the unit `_total` of counters. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** What a gate has counted, in the words of Prometheus. */
export function printMetrics(status: GateStatus, format: MetricsFormat): string {
  const families = [...gateFamilies(status), ...trafficFamilies(status), ...backendFamilies(status), ...tlsFamilies(status)]
  return `${families.map((family) => printFamily(family, format)).join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`
}

function gateFamilies({ version, started, state, configuration, certificates, log }: GateStatus): readonly Family[] {
  const { generation, loaded, failures } = configuration
  return [
    { name: 'info', type: 'gauge', help: 'The version of Postern.', samples: [{ labels: { version }, value: 1 }] },
    gauge('start_time_seconds', 'When the gate was started, in seconds since 1970.', seconds(started)),
    gauge('draining', '1 while the gate takes no new clients.', state === 'draining' ? 1 : 0),
    gauge('configuration_generation', 'The configuration that is in force; 1 is the one at the start.', generation),
    gauge('configuration_loaded_time_seconds', 'When that was taken up, in seconds since 1970.', seconds(loaded)),
    counter('configuration_failures', 'Configurations that were wrong and not taken up.', [{ labels: {}, value: failures }]),
    counter('log_lines_dropped', 'Lines of the log that nobody could take.', [{ labels: {}, value: log.dropped }]),
    counter('messages_dropped', 'Lines of standard error that nobody could take.', [{ labels: {}, value: log.messagesDropped }]),
    {
      name: 'certificate_not_after_time_seconds',
      type: 'gauge',
      help: 'When a certificate ends, in seconds since 1970.',
      samples: certificates.map(({ identity, file, notAfter }) => ({ labels: { identity, file }, value: seconds(notAfter) })),
    },
  ]
}

function trafficFamilies(status: GateStatus): readonly Family[] {
  return [
    {
      ...counter(
        'connections',
        'Connections right now.',
        each(status, ({ open }) => open),
      ),
      name: 'connections_open',
      type: 'gauge',
    },
    counter(
      'connections',
      'Connections that came in.',
      each(status, ({ connections }) => connections),
    ),
    counter(
      'connections_crowded',
      'Connections that could not come in, by limit.',
      tallied(status, ({ crowded }) => crowded, ['limit']),
    ),
    counter(
      'connections_ended',
      'Connections that are over, by why.',
      tallied(status, ({ ended }) => ended, ['why']),
    ),
    counter('client_bytes', 'Octets of the protocol from clients and to them, TLS not counted.', [
      ...each(status, ({ bytes }) => bytes.in, { direction: 'in' }),
      ...each(status, ({ bytes }) => bytes.out, { direction: 'out' }),
    ]),
  ]
}

function backendFamilies(status: GateStatus): readonly Family[] {
  return [
    {
      name: 'backend_up',
      type: 'gauge',
      help: '1 where clients are led to a server behind, 0 where it is down.',
      samples: status.services.flatMap(({ name, backends }) =>
        backends.map(({ place, up }) => ({ labels: { service: name, backend: place }, value: up ? 1 : 0 })),
      ),
    },
    counter(
      'backend_errors',
      'Clients for whom no server behind could be reached.',
      each(status, ({ unreached }) => unreached),
    ),
  ]
}

function tlsFamilies(status: GateStatus): readonly Family[] {
  return [
    counter(
      'hellos',
      'Hellos, by stage, and by whether the client can do what the policy wants and why not.',
      tallied(status, ({ hellos }) => hellos, ['stage', 'verdict', 'reason']),
    ),
    counter(
      'handshakes',
      'Handshakes that succeeded.',
      tallied(status, ({ negotiated }) => negotiated, ['version', 'suite', 'group']),
    ),
    counter(
      'handshakes_resumed',
      'Those of them that took up a session.',
      each(status, ({ resumed }) => resumed),
    ),
    counter(
      'handshake_failures',
      'Handshakes that did not come about, by reason.',
      tallied(status, ({ failed }) => failed, ['reason']),
    ),
    {
      name: 'handshake_seconds',
      type: 'histogram',
      help: 'From the hello to TLS.',
      samples: Object.entries(status.counts.services).flatMap(([service, { handshakeSeconds }]) => histogram(service, handshakeSeconds)),
    },
  ]
}

function histogram(service: string, { counts, sum }: ServiceSnapshot['handshakeSeconds']): readonly Sample[] {
  let below = 0
  const buckets = counts.map((count, at) => {
    below += count
    return { suffix: '_bucket', labels: { service, le: HANDSHAKE_BOUNDS[at]?.toString() ?? '+Inf' }, value: below }
  })
  return [...buckets, { suffix: '_sum', labels: { service }, value: sum }, { suffix: '_count', labels: { service }, value: below }]
}

function gauge(name: string, help: string, value: number): Family {
  return { name, type: 'gauge', help, samples: [{ labels: {}, value }] }
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, samples }
}

function each(
  { counts }: GateStatus,
  value: (service: ServiceSnapshot) => number,
  more: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return Object.entries(counts.services).map(([service, counted]) => ({ labels: { service, ...more }, value: value(counted) }))
}

/** `names`: of the words of a tally, in their order. A `-` is no label. */
function tallied({ counts }: GateStatus, tally: (service: ServiceSnapshot) => Tally, names: readonly string[]): readonly Sample[] {
  return Object.entries(counts.services).flatMap(([service, counted]) =>
    Object.entries(tally(counted)).map(([words, value]) => {
      const values = words.split(' ')
      return { labels: { service, ...Object.fromEntries(names.map((name, at) => [name, (values[at] ?? '-').replace(/^-$/, '')])) }, value }
    }),
  )
}

function seconds(time: string): number {
  return Date.parse(time) / 1000
}

function printFamily({ name, type, help, samples }: Family, format: MetricsFormat): string {
  const whole = `postern_gate_${name}`
  const total = type === 'counter' ? '_total' : ''
  const family = format === 'openmetrics' ? whole : whole + total
  const lines = samples.map(({ suffix = total, labels, value }) => `${whole}${suffix}${printLabels(labels)} ${value}\n`)
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n${lines.join('')}`
}

function printLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escaped)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(sign: string): string {
  return sign === '\n' ? '\\n' : `\\${sign}`
}
