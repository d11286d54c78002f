import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../../policy/index.ts'
import type { Ask, ReadOptions, Reading } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { vsftpdAdapter } from './adapter.ts'

function fileOf(text: string): SettingsFile {
  return { path: '/etc/vsftpd.conf', text }
}

function read(text: string, version?: string, openssl: ReadOptions['openssl'] = '3.0'): Reading {
  return vsftpdAdapter.read(fileOf(text), { openssl, ...(version === undefined ? {} : { version }) })
}

const on = (...lines: readonly string[]): string => ['ssl_enable=YES', ...lines, ''].join('\n')

describe('what vsftpd has', () => {
  const newer = ['TLSv1.2', 'TLSv1.3']
  const after10 = ['TLSv1.1', ...newer]
  const all = ['TLSv1', ...after10]
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, version?: string])[] = [
    ['no TLS by default', 'listen=YES\n', 'protocols', []],
    ['TLS 1.2 and 1.3 since 3.0.4', on(), 'protocols', newer],
    ['TLS 1.0, too, before', on(), 'protocols', all, '3.0.3'],
    ['where it can be turned off, and TLS 1.1 cannot', on('ssl_tlsv1=NO'), 'protocols', after10, '3.0.3-13+b2'],
    ['the last line wins', on('ssl_tlsv1=NO', '\tssl_tlsv1=true'), 'protocols', all, '3.0.3'],
    ['packages of Red Hat differ', on(), 'protocols', 'unknown', '3.0.3-35.el8'],
    ['and have names of their own', on('ssl_tlsv1=NO', 'ssl_tlsv1_1=NO'), 'protocols', newer],
    ['a value with a blank stops the start', on('ssl_tlsv11=YES '), 'protocols', 'unknown'],
    ['SSL 3.0 is not in the library', on('ssl_sslv3=YES'), 'protocols', newer],
    ['clients choose', on(), 'order', 'client'],
    ['one curve', on(), 'groups', ['secp256r1']],
    ['no DHE', on(), 'dh', null],
    ['but for Red Hat’s, which has parameters built in', on(), 'dh', 'unknown', '3.0.5-6.el9'],
    ['no suites are known of a crypto policy', on('ssl_ciphers=PROFILE=SYSTEM'), 'suites', 'unknown'],
  ]
  for (const [why, text, word, value, version] of rows) {
    test(why, () => assert.deepEqual(read(text, version).legs[0]?.words[word].value, value))
  }

  const lists = [
    ['one suite since 3.0.3', on(), undefined, ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']],
    ['two without forward secrecy before', on(), '3.0.2', ['TLS_RSA_WITH_AES_128_CBC_SHA']],
    ['blanks around a list do not count', on('ssl_ciphers= AES128-SHA\t'), undefined, ['TLS_RSA_WITH_AES_128_CBC_SHA']],
    ['no DHE, whatever the list says', on('ssl_ciphers=DHE-RSA-AES128-SHA:AES128-SHA'), undefined, ['TLS_RSA_WITH_AES_128_CBC_SHA']],
  ] as const
  for (const [why, text, version, older] of lists) {
    test(why, () => {
      const suites = read(text, version).legs[0]?.words.suites.value ?? []
      assert.deepEqual(suites === 'unknown' ? suites : suites.slice(3), older)
    })
  }

  test('an empty list is OpenSSL’s own', () => {
    const suites = read(on('ssl_ciphers=')).legs[0]?.words.suites.value
    assert.ok(suites !== 'unknown' && suites !== undefined && suites.length > 10)
  })

  test('its door is named by its port', () => {
    assert.deepEqual(
      [on(), on('listen_port=990')].map((text) => read(text).legs.map(({ door }) => door)),
      [['port 21'], ['port 990']],
    )
  })
})

describe('what is found', () => {
  const rows: readonly (readonly [why: string, text: string, id: string | undefined, fact: RegExp, version?: string])[] = [
    ['nothing in a file that says what it should', on(), undefined, /^$/, '3.0.5'],
    ['nobody knows which version it is', on(), 'settings-version', /before 3\.0\.4 TLS 1\.1 is always on/],
    ['nobody asks where TLS is off', '', undefined, /^$/],
    ['a name that tells the version', on('ssl_tlsv13=YES'), undefined, /^$/],
    ['a name of a later version', on('ssl_tlsv12=YES'), 'settings-stops-start', /vsftpd 3\.0\.3 does not know ssl_tlsv12/, '3.0.3'],
    [
      'a name of another build',
      on('ssl_tlsv1_2=YES', 'ssl_tlsv13=NO'),
      'settings-stops-start',
      /built by Red Hat does not know ssl_tlsv13/,
    ],
    ['a line end of Windows', on('ssl_tlsv1=NO\r'), 'settings-stops-start', /ends as on Windows/, '3.0.5'],
    ['blanks behind a switch', on('ssl_tlsv1=NO '), 'settings-stops-start', /blanks around its value/, '3.0.5'],
    ['blanks around the equals sign', on('ssl_tlsv1 = NO'), 'settings-stops-start', /blanks between ssl_tlsv1 and its =/, '3.0.5'],
    ['neither yes nor no', on('ssl_tlsv1=NO # old'), 'settings-stops-start', /ssl_tlsv1 is neither YES nor NO/, '3.0.5'],
    ['a list that OpenSSL refuses', on('ssl_ciphers=NOTHING'), 'settings-value-refused', /so that vsftpd does not start/, '3.0.5'],
    ['a comment in it', on('ssl_ciphers=HIGH # strong'), 'settings-value-refused', /refuses ssl_ciphers/, '3.0.5'],
    ['two lines that differ', on('ssl_tlsv1=YES', 'ssl_tlsv1=NO'), 'settings-given-twice', /given 2 times; the last one wins/, '3.0.5'],
    ['passwords in plain text', on('force_local_logins_ssl=NO'), 'settings-plain-text', /passwords may be sent without TLS/, '3.0.5'],
  ]
  for (const [why, text, id, fact, version] of rows) {
    test(why, () => {
      // Before 3.0.4 old versions are always on, which is told apart below.
      const [first, ...others] = read(text, version).findings.filter((one) => one.id !== 'settings-security-level')
      assert.equal(first?.id, id)
      assert.match(first?.fact ?? '', fact)
      assert.equal(others.filter((one) => one.id !== first?.id).length, 0)
    })
  }

  test('old versions that are on and beneath the level of OpenSSL 3', () => {
    const ids = (...lines: readonly string[]): readonly string[] => read(on(...lines), '3.0.5').findings.map(({ id }) => id)
    assert.deepEqual(ids('ssl_tlsv1=YES'), ['settings-security-level'])
    for (const lines of [[], ['ssl_tlsv1=YES', 'ssl_ciphers=ALL:@SECLEVEL=0']]) assert.deepEqual(ids(...lines), [])
  })

  const refused = [
    ['ssl_enable=YES\nssl_tlsv1 NO\n', /line 2, column 1: there is no name=value in this line/],
    ['  # ssl_tlsv1=NO\n', /line 1, column 3: a comment begins in the first column/],
  ] as const
  for (const [text, message] of refused) test(text.trim(), () => assert.throws(() => read(text), { message }))
})

describe('writing', () => {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  const policy = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
  const write = (text: string, version: string): readonly [after: string, beyond: readonly string[]] => {
    const reading = read(text, version)
    const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: { ...policy, order: 'server' as const } }))
    const { changes, inexpressible } = vsftpdAdapter.write(reading, wanted, { openssl: '3.0', version })
    const edits = changes.flatMap((change) => change.edits)
    return [withEdits(fileOf(text), edits).text, inexpressible.map(({ why }) => why)]
  }
  const order = 'vsftpd has no setting that lets the server choose the suite'
  const hello = 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it'

  test('values in place, comments and blanks as they were', () => {
    const list = 'HIGH:!aNULL:!kRSA:!SHA1:!SHA256:!SHA384:!ARIA:!AESCCM'
    const [text, beyond] = write(`# a\nssl_enable=yes\n  ssl_tlsv1=YES\nssl_ciphers= ${list}\n# ssl_tlsv11=YES`, '3.0.5')
    assert.equal(text, `# a\nssl_enable=yes\n  ssl_tlsv1=NO\nssl_ciphers= ${list}\n# ssl_tlsv11=YES`)
    assert.deepEqual(beyond, [order, ...(policy.sslv2Hello ? [] : [hello])])
  })

  test('what 3.0.3 cannot say is said', () => {
    const [text, beyond] = write('ssl_enable=YES\n', '3.0.3')
    assert.equal(text, 'ssl_enable=YES\nssl_tlsv1=NO\n')
    assert.ok(beyond.includes('vsftpd 3.0.3 has no setting that turns TLSv1.1 off'))
  })

  test('a value that vsftpd refuses is replaced by one that it takes', () => {
    assert.match(write('ssl_enable=YES\nssl_tlsv11=on\n', '3.0.5')[0], /^ssl_tlsv11=NO$/m)
  })
})

test('what blanks break is mended, and nothing else', () => {
  const text = ' # top\r\nssl_enable = YES\r\nssl_ciphers =  HIGH \nftpd_banner=Hi \r\nlisten=YES\n'
  const file = fileOf(text)
  const mendings = vsftpdAdapter.mend?.(file) ?? []
  const after = withEdits(
    file,
    mendings.flatMap(({ edits }) => edits),
  ).text
  assert.equal(after, '# top\r\nssl_enable=YES\nssl_ciphers=  HIGH \nftpd_banner=Hi \r\nlisten=YES\n')
  assert.deepEqual(vsftpdAdapter.mend?.(fileOf(after)), [])
})

test('the package is asked, since vsftpd -v says nothing that could be read', () => {
  const ask = (program: string, text: string): Ask => ({
    run: (one) => (one === program ? { text, by: `/usr/bin/${program}` } : undefined),
    entry: () => undefined,
  })
  assert.deepEqual(vsftpdAdapter.installed?.('/etc/vsftpd.conf', ask('dpkg-query', '3.0.3-13+b2')), {
    version: '3.0.3-13+b2',
    by: '/usr/bin/dpkg-query',
  })
  assert.equal(vsftpdAdapter.installed?.('/etc/vsftpd/vsftpd.conf', ask('rpm', '3.0.5-6.el9'))?.version, '3.0.5-6.el9')
  assert.equal(vsftpdAdapter.installed?.('/etc/vsftpd.conf', ask('rpm', 'package vsftpd is not installed\n')), undefined)
})
