import type { PosternError } from '../../errors.ts'
import { dialectByName } from '../../dialects/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import { linkedOf, NOWHERE } from './read-links.ts'
import { readPin } from '../tls/backend-trust.ts'
import type { BackendConfig } from './config.ts'
import type { BackendFile } from './config-file.ts'
import type { Place } from './places.ts'

/** Who reads what a backend names, and how its mistakes are told. */
export interface BackendSource {
  /** The dialect of its service. */
  readonly dialect: string
  /** The name of its service. */
  readonly service: string
  /** Insides can come to this gate. */
  readonly hasDoor: boolean
  /** Where it stands in the file. */
  readonly path: readonly string[]
  readonly refuse: (problem: YamlProblem) => PosternError
  readonly place: (text: string) => Place
  readonly policy: (name: string, path: readonly string[]) => Promise<Policy>
  readonly text: (file: string, path: readonly string[]) => Promise<string>
}

/** Words that say how TLS has to be. */
const OF_TLS = ['policy', 'name', 'ca', 'pins'] as const

/** A server behind as it is written. Rejects with what `refuse` makes, and with what reading policies and files rejects with. */
export async function readBackend(written: string | BackendFile, source: BackendSource): Promise<BackendConfig> {
  const file = typeof written === 'string' ? { address: written } : written
  const { path, place, policy, text } = source
  const { address, tls = 'none', name, pins = [], proxy, xclient = false } = file
  refuseContradictions({ ...file, tls, xclient }, source)
  const link = linkedOf(file, source)
  return {
    place: address === undefined ? NOWHERE : place(address),
    ...(link === undefined ? {} : { link }),
    tls,
    policy: file.policy === undefined ? undefined : await policy(file.policy, [...path, 'policy']),
    name,
    ca: file.ca === undefined ? undefined : await text(file.ca, [...path, 'ca']),
    pins: pins.map(readPin),
    proxy: proxy === 'v2',
    xclient: xclient !== false,
    xclientNames: xclient === 'names',
  }
}

/** A word without effect is a protection that somebody believes in. */
function refuseContradictions(file: BackendFile, { dialect, path, refuse }: BackendSource): void {
  const { tls, ca, pins, xclient } = file
  const idle = OF_TLS.find((word) => file[word] !== undefined)
  if (tls === 'none' && idle !== undefined)
    throw refuse({
      path: [...path, idle],
      what: `${idle} is about TLS, and there is none with this server`,
      remedy: 'Add tls: implicit or tls: starttls, or take the word out.',
    })
  if (tls === 'starttls' && !canStartTls(dialect))
    throw refuse({ path: [...path, 'tls'], what: `the dialect ${dialect} has no way to ask for TLS`, remedy: 'Use implicit.' })
  if (ca !== undefined && pins !== undefined)
    throw refuse({
      path: [...path, 'ca'],
      what: 'with pins the key alone counts, whoever vouches for it',
      remedy: 'Leave out ca, or pins.',
    })
  if ((xclient === true || xclient === 'names') && !SPEAK_XCLIENT.includes(dialect))
    throw refuse({
      path: [...path, 'xclient'],
      what: `the dialect ${dialect} has no XCLIENT`,
      remedy: 'Use proxy: v2, if the server takes that.',
    })
}

const SPEAK_XCLIENT = ['smtp', 'submission', 'lmtp']

function canStartTls(dialect: string): boolean {
  return dialectByName(dialect)?.doors.some(({ tls }) => tls === 'starttls') === true
}
