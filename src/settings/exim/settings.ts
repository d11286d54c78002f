import type { Found } from '../scopes.ts'
import { placeIn } from '../settings-file.ts'
import { defaultOf } from '../versions.ts'
import type { Origin } from '../words.ts'
import type { Setup } from './build.ts'
import type { Block } from './config.ts'
import { EXIM_DEFAULTS } from './defaults.ts'
import type { ConfigLine, Doubt } from './lines.ts'

/** An option as a door has it. */
export interface Setting {
  /** Undefined where it cannot be told; the default where nothing is said. */
  readonly value: string | undefined
  /** It stands in a file. */
  readonly set: boolean
  readonly found: Found | undefined
  readonly origin: Origin
  /** Why it cannot be told. */
  readonly doubt: Doubt | undefined
  /** Why it cannot be changed. */
  readonly stuck: string | undefined
}

/** Options that Exim takes as they stand. All others it expands anew for each connection. */
const PLAIN = ['daemon_smtp_ports', 'local_interfaces', 'tls_on_connect_ports', 'tls_dh_max_bits', 'tls_dh_min_bits']

/** One option by the name that it also had before. */
const OLDER: Readonly<Record<string, string>> = { daemon_smtp_ports: 'daemon_smtp_port' }

/** The option in the main section or a transport. Given twice, the first counts; a finding says that Exim does not start. */
export function settingOf({ version, build }: Pick<Setup, 'version' | 'build'>, { options, gap }: Block, name: string): Setting {
  const all = options.get(name) ?? options.get(OLDER[name] ?? name) ?? []
  const [option] = all
  if (option === undefined) return unset(name, version, build, gap)
  const { place } = option.found ?? { place: placeOfLine(option.line) }
  const origin: Origin = { kind: 'file', setting: name, place }
  const doubt = all.map((one) => one.doubt).find((one) => one !== undefined) ?? expandedAnew(name, option.text, place)
  const stuck = doubt?.why ?? (option.found === undefined ? 'its name comes from a macro, or a condition stands inside of it' : undefined)
  return { value: doubt === undefined ? option.text : undefined, set: true, found: option.found, origin, doubt, stuck }
}

function unset(name: string, version: string, { library }: Setup['build'], gap: Doubt | undefined): Setting {
  const row = defaultOf(EXIM_DEFAULTS, name, version)
  const of = `Exim ${version} with ${library === 'gnutls' ? 'GnuTLS' : 'OpenSSL'}`
  const origin: Origin =
    gap === undefined
      ? { kind: 'default', setting: name, of, source: row?.source ?? SOURCE }
      : { kind: 'file', setting: name, place: gap.place }
  return { value: gap === undefined ? (row?.value ?? '') : undefined, set: false, found: undefined, origin, doubt: gap, stuck: gap?.why }
}

const SOURCE = 'https://www.exim.org/exim-html-current/doc/html/spec_html/ch-encrypted_smtp_connections_using_tlsssl.html'

function expandedAnew(name: string, text: string, place: Doubt['place']): Doubt | undefined {
  return PLAIN.includes(name) || !/[$\\]/.test(text) ? undefined : { why: 'Exim expands it anew for each connection', place }
}

function placeOfLine({ pieces: [{ file, start, end }] }: ConfigLine): Doubt['place'] {
  return placeIn(file, start, end)
}
