import type { DefaultRow } from '../versions.ts'

/** The newest version that the rows below were read for. */
export const NEWEST = '4.98'

/** From this version on `tls_eccurve` takes several names. */
export const CURVE_LISTS_SINCE = '4.97'

const GLOBALS = 'https://github.com/Exim/exim/blob/exim-4.98.2/src/src/globals.c'
const SMTP = 'https://github.com/Exim/exim/blob/exim-4.98.2/src/src/transports/smtp.c'

export const EXIM_DEFAULTS: readonly DefaultRow[] = [
  { setting: 'tls_advertise_hosts', value: '', since: '', source: 'https://github.com/Exim/exim/blob/exim-4_86/src/src/globals.c' },
  { setting: 'tls_advertise_hosts', value: '*', since: '4.87', source: GLOBALS },
  { setting: 'daemon_smtp_ports', value: 'smtp', since: '', source: GLOBALS },
  { setting: 'local_interfaces', value: '', since: '', source: GLOBALS },
  { setting: 'tls_on_connect_ports', value: '', since: '', source: GLOBALS },
  { setting: 'tls_dh_max_bits', value: '2236', since: '', source: GLOBALS },
  { setting: 'tls_dhparam', value: 'default', since: '', source: GLOBALS },
  { setting: 'tls_eccurve', value: 'auto', since: '', source: GLOBALS },
  { setting: 'openssl_options', value: '', since: '', source: GLOBALS },
  { setting: 'hosts_avoid_tls', value: '', since: '', source: SMTP },
  { setting: 'hosts_require_tls', value: '', since: '', source: SMTP },
  { setting: 'tls_dh_min_bits', value: '1024', since: '', source: SMTP },
]

/** Bits of the primes that `tls_dhparam` has names for, https://github.com/Exim/exim/blob/exim-4.98.2/src/src/std-crypto.c. */
export const NAMED_PRIMES: ReadonlyMap<string, number> = new Map([
  ['default', 2048],
  ['exim.dev.20160529.1', 2048],
  ['exim.dev.20160529.2', 2048],
  ['exim.dev.20160529.3', 2048],
  ['ffdhe2048', 2048],
  ['ffdhe3072', 3072],
  ['ffdhe4096', 4096],
  ['ffdhe6144', 6144],
  ['ffdhe8192', 8192],
  ['ike1', 768],
  ['ike2', 1024],
  ['ike5', 1536],
  ['ike14', 2048],
  ['ike15', 3072],
  ['ike16', 4096],
  ['ike17', 6144],
  ['ike18', 8192],
  ['ike22', 1024],
  ['ike23', 2048],
  ['ike24', 2048],
])
