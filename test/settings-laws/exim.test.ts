import { describe } from 'node:test'
import fc from 'fast-check'
import { eximAdapter } from '../../src/settings/exim/adapter.ts'
import { DH_1024 } from './dh-1024.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const GNUTLS = [
  'NORMAL',
  'NORMAL:-VERS-TLS1.0',
  '"SECURE192:%SERVER_PRECEDENCE"',
  'NONE:+VERS-TLS1.3:+AES-256-GCM:+AEAD:+GROUP-X25519',
  'NORMAL:+NO',
]
const OPENSSL = ['HIGH:!aNULL', '"ECDHE+AESGCM:DHE+AES"', 'AES128_SHA', 'NOTHING']
const ANY = ['${if =={$received_port}{25}{NORMAL}{PFS}}', 'MY_LIST', 'PRE_A:DHE+AES', '', 'MAYBE_LIST']

const option = (name: string, ...values: readonly string[]): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(
      fc.constantFrom(...values),
      fc.constantFrom<(value: string) => string>(
        (value) => `${name} = ${value}`,
        (value) => `  ${name}=${value} `,
        (value) => `${name} = \\\n   # inside\n\t ${value}`,
        (value) => `hide ${name} = ${value}`,
      ),
    )
    .map(([value, line]) => [line(value)])
const unlessKnown = (lines: readonly string[], condition: string): readonly string[] => [`.ifdef ${condition}`, ...lines, '.endif']
const around = (inner: fc.Arbitrary<readonly string[]>): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(inner, fc.constantFrom('', '', '', 'PRE_A', '_HAVE_GNUTLS', '_OPT_MAIN_X', 'NOT_THERE'))
    .map(([lines, condition]) => (condition === '' ? lines : unlessKnown(lines, condition)))

const main = fc
  .tuple(
    fc.subarray(
      [
        around(option('tls_require_ciphers', ...GNUTLS, ...OPENSSL, ...ANY)),
        around(
          option('openssl_options', '+no_tlsv1', '+no_sslv2 +no_sslv3 +cipher_server_preference', '-no_sslv3 +no_tlsv1_3', 'no_tlsv1', ''),
        ),
        around(option('tls_eccurve', 'auto', 'prime256v1', 'X25519:P-256', 'x25519', 'secp521r1')),
        around(option('tls_dhparam', 'none', 'ike2', 'ffdhe4096', '/etc/exim/dh.pem', 'historic', 'no-such')),
        around(option('tls_dh_max_bits', '4096', '1024')),
        around(option('tls_advertise_hosts', '*', '', '192.0.2.0/24')),
        option('daemon_smtp_ports', '25 : 465 : 587', '<; smtp; 2525'),
        option('tls_on_connect_ports', '465', 'smtps : 8465'),
        option('local_interfaces', '<; [::]:2465; 127.0.0.1', '127.0.0.1'),
        fc.constant(['primary_hostname = mail.example.com', 'hostlist relay = 127.0.0.1']),
        fc.constant(['.include_if_exists /etc/exim/more.conf']),
        fc.constant(['.include missing.conf']),
      ].map((line, index) => fc.tuple(fc.constant(index), line)),
    ),
    fc.subarray(['MY_LIST = NORMAL', 'PRE_A = HIGH', '# tls_eccurve = auto', '', 'MAYBE = 1', 'GROUP = nothing']),
  )
  .chain(([chosen, first]) => fc.tuple(...chosen).map((lines) => [...first, ...lines.flatMap(([, one]) => one)]))
const transport = fc
  .tuple(
    fc.constantFrom('remote_smtp', 'smarthost', 'local'),
    fc.constantFrom('smtp', 'smtp', 'appendfile'),
    fc.subarray([
      around(option('tls_require_ciphers', ...GNUTLS, ...OPENSSL, ...ANY)),
      around(option('dane_require_tls_ciphers', ...GNUTLS, ...OPENSSL, '')),
      around(option('tls_dh_min_bits', '2048', '256')),
      option('hosts_require_tls', '*', 'example.com'),
      option('hosts_avoid_tls', '*', ''),
    ]),
  )
  .chain(([name, driver, chosen]) =>
    fc
      .tuple(...chosen)
      .map((lines) => [`${name}:`, `  driver = ${driver}`, ...lines.flat(), ...(driver === 'smtp' ? ['  # the end'] : [])]),
  )
const text = fc
  .tuple(main, fc.option(fc.array(transport, { maxLength: 3 })), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([head, transports, eol, last]) =>
    [...head, ...(transports === null ? [] : ['begin acl', 'check:', '  accept', 'begin transports', ...transports.flat(), 'begin retry'])]
      .join('\n')
      .concat(last ? '\n' : '')
      .replaceAll('\n', eol),
  )

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    text,
    more: fc.option(option('tls_require_ciphers', ...GNUTLS)),
    version: fc.constantFrom('4.86', '4.96 GnuTLS', '4.98 OpenSSL', '4.97', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const, undefined, undefined, undefined),
  })
  .map(({ text: all, more, version, openssl }) => ({
    files: [
      { path: '/etc/exim/exim.conf', text: all },
      { path: '/etc/exim/dh.pem', text: DH_1024 },
      ...(more === null ? [] : [{ path: '/etc/exim/more.conf', text: more.join('\n') }]),
    ],
    options: { ...(version === undefined ? {} : { version }), ...(openssl === undefined ? {} : { openssl }) },
  }))

describe('the laws of adapters', () => holdLaws(eximAdapter, files, { stays: /#/ }))

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const debian: fc.Arbitrary<LawFiles> = fc
  .tuple(main, main, fc.array(transport, { maxLength: 3 }), fc.boolean(), fc.constantFrom('internet', 'none'))
  .map(([one, other, transports, split, kind]) => {
    const folder = '/etc/exim4'
    const answers = `dc_eximconfig_configtype='${kind}'\ndc_local_interfaces='127.0.0.1.2525'\nMAYBE_LIST=PFS\ndc_use_split_config='${split}'\n`
    const head = ['UPEX4CmacrosUPEX4C = 1', '.ifdef MAIN_LOCAL_INTERFACES', '# is it', '.endif']
    const parts = split
      ? [
          ['conf.d/main/000_local', joined(one)],
          ['conf.d/main/01_head', joined([...head, ...other])],
          ['conf.d/main/99_old.dpkg-dist', 'tls_require_ciphers = NORMAL'],
          ['conf.d/transport/00_head', 'begin transports\n'],
          ...transports.map((lines, index) => [`conf.d/transport/30_${index}`, joined(lines)]),
        ]
      : [
          ['exim4.conf.localmacros', joined(one)],
          ['exim4.conf.template', joined([...head, ...other, 'begin transports', ...transports.flat()])],
        ]
    return {
      files: [
        { path: `${folder}/update-exim4.conf.conf`, text: answers },
        ...parts.map(([name = '', text = '']) => ({ path: `${folder}/${name}`, text })),
      ],
    }
  })

describe('the laws of adapters, in the files of Debian', () => holdLaws(eximAdapter, debian, { stays: /#/ }))
