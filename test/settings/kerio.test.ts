import { describe } from 'node:test'
import fc from 'fast-check'
import { fileOf, type ReadOptions } from '../../src/settings/index.ts'
import { kerioAdapter } from '../../src/settings/kerio/adapter.ts'
import { holdLaws } from '../settings-laws.ts'

const value = {
  protocols: fc.constantFrom('', 'TLSv1', 'TLSv1.2', 'TLSv1,TLSv1.1,TLSv1.2', 'SSLv3,TLSv1', 'TLSv1.2,TLSv1.3', 'TLSv1.3', 'TLsv1', ' '),
  ciphers: fc.constantFrom(
    '',
    'HIGH',
    'AES128-SHA',
    'DHE-RSA-AES128-SHA:AES256-SHA',
    'ALL:@SECLEVEL=0',
    'HIGH:!NOSUCH',
    'no such',
    'ECDHE:!aNULL',
  ),
}
const known = fc.record(
  {
    ServerTlsProtocols: value.protocols,
    ServerTlsCiphers: value.ciphers,
    ClientTlsProtocols: value.protocols,
    ClientTlsCiphers: value.ciphers,
    DisableEphemeralDH: fc.constantFrom('0', '1', '', 'x'),
    UseDhe: fc.constantFrom('0', '1', ''),
    DheKeySize: fc.constantFrom('0', '1024', '2048', '9'),
    UseECDHE: fc.constantFrom('0', '1'),
    CipherOrder: fc.constantFrom('0', '1', 'x'),
    Password: fc.constant('D3S:0123456789'),
  },
  { requiredKeys: [] },
)
const style = fc.record({
  gap: fc.constantFrom('', '\n', '\r\n\t', '\n    ', ' '),
  quote: fc.constantFrom('"', "'"),
  extra: fc.constantFrom('', ' id="1"'),
  comment: fc.constantFrom('', '<!-- stays -->', '<![CDATA[]]>'),
  shape: fc.constantFrom('plain', 'before', 'behind', 'cdata'),
})

/** One table as somebody may have written it. */
const table = (name: string): fc.Arbitrary<string> =>
  fc.tuple(known, style).map(([variables, { gap, quote, extra, comment, shape }]) => {
    const q = (text: string): string => `${quote}${text}${quote}`
    const content = (text: string): string => {
      if (shape === 'cdata') return `<![CDATA[${text}]]>`
      return shape === 'before' ? `<!-- c -->${text}` : shape === 'behind' ? `${text}<!-- c -->` : text
    }
    const rows = Object.entries(variables).map(([key, text]) =>
      text === '' && shape === 'plain'
        ? `<variable${extra} name = ${q(key)}/>`
        : `<variable name=${q(key)}${extra}>${content(text)}</variable >`,
    )
    return rows.length === 0 && comment === ''
      ? `<table name=${q(name)}/>`
      : `<table name=${q(name)}>${comment}${rows.map((row) => gap + row).join('')}${gap}</table>`
  })
const anyFile = fc
  .tuple(
    fc.constantFrom('', '\uFEFF', '<?xml version="1.0"?>\r\n'),
    table('Security'),
    table('SmtpSecurity'),
    fc.constantFrom('\n', '\r\n\t', ''),
  )
  .map(([head, one, other, gap]) =>
    fileOf('mailserver.cfg', Buffer.from(`${head}<config>${gap}<!-- é & -->${one}${gap}${other}${gap}</config>`)),
  )
const anyOptions: fc.Arbitrary<ReadOptions> = fc.record(
  {
    version: fc.constantFrom('8.0', '9.0.0', '9.0.1', '9.2.7', '9.3.0', '9.4.2', '10.0.9'),
    openssl: fc.constantFrom('1.0.2', '1.1.1', '3.0', '3.5'),
    names: fc.constantFrom({}, { 'dhe-size': 'DheKeySize' }, { order: 'Preference' }),
  },
  { requiredKeys: [] },
)

describe('kerio-connect, laws', () => {
  holdLaws(
    kerioAdapter,
    fc.tuple(anyFile, anyOptions).map(([file, options]) => ({ files: [file], options })),
    { stays: /<!--/ },
  )
})
