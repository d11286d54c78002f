import { describe } from 'node:test'
import fc from 'fast-check'
import { fileOf } from '../../src/settings/index.ts'
import { kerioAdapter } from '../../src/settings/kerio/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const protocols = fc.constantFrom(
  '',
  'TLSv1',
  'TLSv1,TLSv1.1,TLSv1.2',
  'TLSv1.2,TLSv1.3',
  'SSLv3,TLSv1,TLSv1.1,TLSv1.2',
  'TLsv1, TLSv1.1 ,TLSv1.2',
  'TLSv1.3',
  'nothing',
)
const ciphers = fc.constantFrom(
  '',
  'AESGCM:HIGH:+EDH-RSA-DES-CBC3-SHA:+DES-CBC3-SHA',
  'ECDHE+AESGCM:DHE+AESGCM',
  'HIGH:!aNULL:!ECDHE-RSA-AES256-SHA384',
  'ALL:@SECLEVEL=0',
  'AES128-SHA',
  'no-such-suite',
  'HIGH&#58;!aNULL',
)
const flag = fc.constantFrom('0', '1', '')
/** The last five are names that sound like their purposes; what they are really called is published nowhere. */
const variables = fc.record(
  {
    ServerTlsProtocols: protocols,
    ServerTlsCiphers: ciphers,
    ClientTlsProtocols: protocols,
    ClientTlsCiphers: ciphers,
    DisableEphemeralDH: flag,
    AuthMethods: fc.constant('CRAM-MD5,LOGIN'),
    SoundsLikeDhe: flag,
    SoundsLikeDhSize: fc.constantFrom('0', '1024', '2048', '4096', ''),
    SoundsLikeEcdhe: flag,
    SoundsLikeBeast: flag,
    SoundsLikeCipherOrder: flag,
  },
  { requiredKeys: [] },
)
const variable = ([name, value]: readonly [string, string]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('"', "'"), fc.constantFrom('', ' '), fc.boolean())
    .map(([quote, gap, short]) =>
      value === '' && short
        ? `<variable name=${quote}${name}${quote}${gap}/>`
        : `<variable${gap} name=${quote}${name}${quote}>${value}</variable>`,
    )
const table = (name: string): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(variables, fc.option(fc.constant('<!-- <variable name="ServerTlsProtocols">TLSv1</variable> -->')))
    .chain(([all, comment]) =>
      fc
        .tuple(...Object.entries(all).map(variable))
        .map((lines) => [`<table name="${name}">`, ...(comment === null ? [] : [comment]), ...lines, '</table>']),
    )
const text = fc
  .tuple(
    table('Security'),
    table('SmtpSecurity'),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('\t', '  ', ''),
    fc.constantFrom('', '\uFEFF', '<?xml version="1.0" encoding="UTF-8"?>\n'),
    fc.boolean(),
  )
  .map(([security, smtp, eol, indent, head, swapped]) => {
    const general = ['<table name="General">', '<variable name="Domain">M&#252;ller &amp; Söhne</variable>', '</table>']
    const tables = swapped ? [smtp, general, security] : [general, security, smtp]
    return `${head}<config version="1">${eol}${tables.flatMap((lines) => lines.map((line) => indent + line)).join(eol)}${eol}</config>${eol}`
  })
const names = fc.constantFrom(undefined, {
  dhe: 'SoundsLikeDhe',
  'dhe-size': 'SoundsLikeDhSize',
  ecdhe: 'SoundsLikeEcdhe',
  order: 'SoundsLikeCipherOrder',
})
const files: fc.Arbitrary<LawFiles> = fc
  .record({
    text,
    names,
    version: fc.constantFrom('9.0.0', '9.2.7', '9.4.0', '10.0.9', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, undefined),
  })
  .map(({ text: config, names: told, version, openssl }) => ({
    files: [fileOf('/opt/kerio/mailserver/mailserver.cfg', Buffer.from(config))],
    options: {
      ...(told === undefined ? {} : { names: told }),
      ...(version === undefined ? {} : { version }),
      ...(openssl === undefined ? {} : { openssl }),
    },
  }))

describe('the laws of adapters', () => holdLaws(kerioAdapter, files, { stays: /<!--|-->|<table|<config/ }))
