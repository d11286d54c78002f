import { describe } from 'node:test'
import fc from 'fast-check'
import { vsftpdAdapter } from '../../src/settings/vsftpd/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'
import { DH_1024 } from './dh-1024.ts'

const SETTINGS = {
  ssl_enable: ['YES', 'yes', '1', 'NO', 'YES '],
  ssl_sslv3: ['NO', 'YES'],
  ssl_tlsv1: ['YES', 'NO', 'true', 'FALSE', 'maybe', ''],
  ssl_tlsv11: ['YES', '0'],
  ssl_tlsv12: ['YES', 'NO'],
  ssl_tlsv13: ['YES', 'NO'],
  ssl_tlsv1_1: ['YES', 'NO'],
  ssl_tlsv1_2: ['YES', 'NO'],
  ssl_tlsv1_3: ['NO'],
  ssl_ciphers: ['HIGH', ' ECDHE+AESGCM:DHE+AES ', '', 'NOTHING', 'PROFILE=SYSTEM', 'AES128-SHA:ALL@SECLEVEL=1'],
  dh_param_file: ['/etc/vsftpd/dh1024.pem', 'missing.pem'],
  listen_port: ['990', ' 2121'],
} as const

const names = Object.entries(SETTINGS) as [string, readonly string[]][]
const line = fc
  .constantFrom(...names)
  .chain(([name, values]) =>
    fc.tuple(fc.constantFrom('', '  ', '\t'), fc.constantFrom(...values)).map(([blanks, value]) => `${blanks}${name}=${value}`),
  )
const filler = fc.constantFrom('# ssl_tlsv1=YES', '', '   ', 'anonymous_enable=NO', 'ftpd_banner=Welcome = to # all', 'utf8_filesystem=YES')
const text = fc
  .tuple(
    fc.array(fc.oneof(line, filler), { maxLength: 8 }),
    fc.constantFrom('ssl_enable=YES', 'ssl_enable=TRUE', ''),
    fc.array(fc.oneof(line, filler), { maxLength: 8 }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([before, on, after, eol, last]) => `${[...before, on, ...after].join('\n')}${last ? '\n' : ''}`.replaceAll('\n', eol))

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    text,
    version: fc.constantFrom('2.3.5', '3.0.2', '3.0.3', '3.0.5', '3.0.3-35.el8', undefined),
    openssl: fc.constantFrom('1.0.2' as const, '1.1.1' as const, '3.0' as const, '3.5' as const),
  })
  .map(({ text: main, version, openssl }) => ({
    files: [
      { path: '/etc/vsftpd.conf', text: main },
      { path: '/etc/vsftpd/dh1024.pem', text: DH_1024 },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(vsftpdAdapter, files, { stays: /#/ }))
