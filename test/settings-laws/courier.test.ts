import { describe } from 'node:test'
import fc from 'fast-check'
import { courierAdapter } from '../../src/settings/courier/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const line = fc.constantFrom(
  'TLS_PROTOCOL=TLSv1',
  'TLS_PROTOCOL="TLSv1.2++"',
  "TLS_PROTOCOL='TLSv1.1++'",
  'TLS_PROTOCOL=',
  'TLS_PROTOCOL=TLSv1.3',
  'TLS_PROTOCOL=$OTHER',
  'TLS_PROTOCOL=$(cat /etc/lowest)',
  'OTHER=TLSv1.2',
  'TLS_STARTTLS_PROTOCOL="$TLS_PROTOCOL"',
  'TLS_STARTTLS_PROTOCOL=${TLS_PROTOCOL}',
  'TLS_STARTTLS_PROTOCOL=TLSv1.2',
  'TLS_CIPHER_LIST="HIGH:!aNULL"',
  'TLS_CIPHER_LIST=ECDHE+AESGCM:DHE+AES',
  'TLS_CIPHER_LIST="NOTHING"',
  'TLS_CIPHER_LIST=',
  'TLS_PRIORITY=NORMAL',
  'TLS_PRIORITY="SECURE128:-VERS-TLS1.0:%SERVER_PRECEDENCE"',
  'TLS_PRIORITY=HIGH:MEDIUM',
  'export TLS_PRIORITY=PFS; A=1 TLS_MIN_DH_BITS=512',
  'TLS_DHPARAMS=/etc/courier/dhparams.pem',
  'TLS_MIN_DH_BITS=1024',
  'COURIERTLS=/usr/bin/couriertls',
  'IMAPDSTARTTLS=YES',
  'POP3_STARTTLS=no',
  'ESMTP_USE_STARTTLS=1',
  'IMAPDSSLSTART=NO',
)
const filler = fc.constantFrom(
  '# TLS_PROTOCOL=TLSv1.1',
  '',
  '##NAME: TLS_PROTOCOL:0\n#\n# The lowest version.',
  '##NAME: TLS_CIPHER_LIST:0',
  '##NAME: TLS_PRIORITY:0\n#',
  'SSLLOGGEROPTS="-name=imapd # ssl"  ',
  'export PATH',
)
const text = fc
  .tuple(fc.array(fc.oneof(line, line, filler), { maxLength: 10 }), fc.constantFrom('\n', '\n', '\r\n'), fc.boolean())
  .map(([lines, eol, last]) => `${lines.join('\n')}${last ? '\n' : ''}`.replaceAll('\n', eol))

const NAMES = ['imapd-ssl', 'imapd', 'pop3d-ssl', 'pop3d', 'esmtpd', 'esmtpd-msa', 'esmtpd-ssl', 'courierd'] as const
const files: fc.Arbitrary<LawFiles> = fc
  .record({
    folder: fc.constantFrom('/etc/courier', '/etc/courier', '/usr/lib/courier-imap/etc'),
    names: fc.shuffledSubarray([...NAMES], { minLength: 1 }),
    texts: fc.array(text, { minLength: NAMES.length, maxLength: NAMES.length }),
    version: fc.constantFrom('0.77', '1.0.14', '1.0.16', '5.0.13', '5.1.9', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const, undefined, undefined),
    program: fc.constantFrom('\x7fELF libgnutls.so.30', '\x7fELF libssl.so.1.1', undefined),
  })
  .map(({ folder, names, texts, version, openssl, program }) => {
    const [first = 'imapd-ssl', ...rest] = names
    const file = (name: string, index: number): { readonly path: string; readonly text: string } => ({
      path: `${folder}/${name}`,
      text: texts[index]?.trim() === '' ? '# nothing\n' : (texts[index] ?? ''),
    })
    return {
      files: [
        file(first, 0),
        ...rest.map((name, index) => file(name, index + 1)),
        ...(program === undefined ? [] : [{ path: '/usr/bin/couriertls', text: program }]),
      ],
      options: { ...(version === undefined ? {} : { version }), ...(openssl === undefined ? {} : { openssl }) },
    }
  })

describe('the laws of adapters', () => holdLaws(courierAdapter, files, { stays: /#/ }))
