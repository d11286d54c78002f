import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import type { ReadOptions, Reading } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords, Role } from '../words.ts'
import { sendmailAdapter } from './adapter.ts'
import { parseM4 } from './m4.ts'

const CERTS_CF = 'O ServerCertFile=/c.pem\nO ServerKeyFile=/k.pem\nO CACertFile=/ca.pem\nO CACertPath=/ca\n'
const CERTS_MC =
  "define(`confSERVER_CERT', `/c.pem')dnl\ndefine(`confSERVER_KEY', `/k.pem')dnl\ndefine(`confCACERT', `/ca.pem')dnl\ndefine(`confCACERT_PATH', `/ca')dnl\n"

type More = Readonly<Record<string, string>>

function given(path: string, text: string, options: ReadOptions = {}, more: More = {}): readonly [Reading, SettingsFile, ReadOptions] {
  const file = { path, text }
  const all: ReadOptions = {
    openssl: '3.0',
    ...options,
    more: (one) => (more[one] === undefined ? undefined : { path: one, text: more[one] }),
  }
  return [sendmailAdapter.read(file, all), file, all]
}

const cf = (text: string): readonly [string, string] => ['/etc/mail/sendmail.cf', `V10/Berkeley\n${CERTS_CF}${text}`]
const mc = (text: string): readonly [string, string] => ['/etc/mail/sendmail.mc', `OSTYPE(\`linux')dnl\n${CERTS_MC}${text}`]

function wordsOf([path, text]: readonly [string, string], role: Role = 'server', options?: ReadOptions, more?: More): LegWords {
  const leg = given(path, text, options, more)[0].legs.find((one) => one.role === role)
  assert.ok(leg)
  return leg.words
}

const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const NEWER = ['TLSv1.2', 'TLSv1.3']
const NO_OLD = '+SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1'

describe('what a daemon has', () => {
  const rows: readonly (readonly [
    why: string,
    file: readonly [string, string],
    word: keyof LegWords,
    value: unknown,
    role?: Role,
    options?: ReadOptions,
    more?: More,
  ])[] = [
    ['everything where nobody says more', cf(''), 'protocols', ALL],
    ['without what is turned off', cf(`O ServerSSLOptions=${NO_OLD}\n`), 'protocols', NEWER],
    ['with commas, and in any case', cf('O serverssloptions = ssl_op_no_tlsv1,SSL_OP_NO_TLSv1_1 # why\n'), 'protocols', NEWER],
    ['lines add up', cf('O ServerSSLOptions=+SSL_OP_NO_TLSv1\nO ServerSSLOptions=+SSL_OP_NO_TLSv1_1\n'), 'protocols', NEWER],
    ['a minus turns on again', cf(`O ServerSSLOptions=${NO_OLD} -SSL_OP_NO_TLSv1_1\n`), 'protocols', ['TLSv1.1', ...NEWER]],
    ['numbers are not guessed', cf('O ServerSSLOptions=0x4000000\n'), 'protocols', 'unknown'],
    ['the client has its own', cf(`O ClientSSLOptions=${NO_OLD}\n`), 'protocols', NEWER, 'client'],
    ['and can be without TLS', cf('O ClientPortOptions=Family=inet, M=S\n'), 'protocols', [], 'client'],
    ['in m4, too', mc("CLIENT_OPTIONS(`Family=inet, M=hS')dnl\n"), 'protocols', [], 'client'],
    [
      'not with addresses of one kind alone',
      cf('O ClientPortOptions=F=inet,M=S\nO ClientPortOptions=F=inet6\n'),
      'protocols',
      ALL,
      'client',
    ],
    ['the client chooses', cf(''), 'order', 'client'],
    ['unless told otherwise', cf('O ServerSSLOptions=SSL_OP_CIPHER_SERVER_PREFERENCE\n'), 'order', 'server'],
    [
      'the last list counts',
      cf('O CipherList=AES128-SHA\nO CipherList=NOTHING\nO ServerSSLOptions=+SSL_OP_NO_TLSv1_3\n'),
      'order',
      'client',
    ],
    ['2048 bits are built in', cf(''), 'dh', 2048],
    ['the first character counts', cf('O DHParameters=1\n'), 'dh', 1024],
    ['none at all', cf('O DHParameters=none\n'), 'dh', null],
    ['groups go by the build', cf(''), 'groups', 'unknown'],
    ['one of four files is missing', ['/etc/mail/sendmail.cf', CERTS_CF.replace('O CACertPath=/ca\n', '')], 'protocols', []],
    ['a definition of m4', mc(`define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')dnl\n`), 'protocols', NEWER],
    [
      'the last one',
      mc(`define(\`confSERVER_SSL_OPTIONS', \`x')\ndefine(\`confSERVER_SSL_OPTIONS',dnl\n \`${NO_OLD}') dnl\n`),
      'protocols',
      NEWER,
    ],
    ['not what is behind dnl', mc(`dnl define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')\n`), 'protocols', ALL],
    ['lines of LOCAL_CONFIG', mc(`LOCAL_CONFIG\nO ServerSSLOptions=${NO_OLD}\n`), 'protocols', NEWER],
    ['which come before definitions', mc("define(`confDH_PARAMETERS', `1024')dnl\nLOCAL_CONFIG\nO DHParameters=2\n"), 'dh', 1024],
    ['and end with the next section', mc(`LOCAL_CONFIG\nLOCAL_RULESETS\nO ServerSSLOptions=${NO_OLD}\n`), 'protocols', ALL],
    [
      'not what is taken out again',
      mc(`define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')dnl\nundefine(\`confSERVER_SSL_OPTIONS')dnl\n`),
      'protocols',
      ALL,
    ],
    [
      'what is defined after it was taken out',
      mc(`undefine(\`confSERVER_SSL_OPTIONS')dnl\ndefine(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')dnl\n`),
      'protocols',
      NEWER,
    ],
    ['a macro of its own', mc(`define(\`confSERVER_SSL_OPTIONS', \`WANTED')dnl\ndefine(\`WANTED', \`${NO_OLD}')dnl\n`), 'protocols', NEWER],
    ['a macro that names itself', mc("define(`confCIPHER_LIST', `confCIPHER_LIST')dnl\n"), 'order', 'client'],
    [
      'files in a folder that a macro names, as in cf/README',
      [
        '/etc/mail/sendmail.mc',
        "define(`CERT_DIR', `MAIL_SETTINGS_DIR`'certs')dnl\n" +
          CERTS_MC.replaceAll(/`\/(ca)?'\)/g, "`CERT_DIR')").replaceAll(/`\/(\w+\.pem)'/g, "`CERT_DIR/$1'"),
      ],
      'protocols',
      ALL,
    ],
    [
      'files in a folder that a macro of OSTYPE may name',
      ['/etc/mail/sendmail.mc', CERTS_MC.replaceAll('`/', '`OUR_CERTS/')],
      'protocols',
      ALL,
    ],
    ['relative paths', ['/etc/mail/sendmail.mc', CERTS_MC.replaceAll('`/', '`certs/')], 'protocols', []],
    [
      'what is included',
      mc("include(`/etc/mail/tls.m4')dnl\n"),
      'protocols',
      NEWER,
      'server',
      {},
      { '/etc/mail/tls.m4': `define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')\n` },
    ],
  ]
  for (const [why, file, word, value, role, options, more] of rows)
    test(why, () => assert.deepEqual(wordsOf(file, role, options, more)[word].value, value))

  test('suites of TLS 1.3 and older ones are two lists', () => {
    const words = wordsOf(cf('O CipherList=AES128-SHA\nO CipherSuites=TLS_AES_128_GCM_SHA256\n'))
    assert.deepEqual(words.suites.value, ['TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'])
  })

  test('daemons are doors, and what sends is one', () => {
    const ports =
      'O DaemonPortOptions=Family=inet, Name=MTA, Port=smtp\nO DaemonPortOptions=P=465, N=TLS, M=s, Addr=127.0.0.1\nO DaemonPortOptions=Port=2525, M=ES\n'
    const [{ legs }] = given(...cf(ports))
    assert.deepEqual(
      legs.map(({ door, role, words, listens, opportunistic = false }) => [
        door,
        role,
        words.protocols.value !== 'unknown' && words.protocols.value.length,
        listens,
        opportunistic,
      ]),
      [
        ['MTA', 'server', 4, ['smtp://localhost:25'], true],
        ['TLS', 'server', 4, ['smtps://localhost:465'], false],
        ['Daemon2', 'server', 0, [], false],
        ['outgoing SMTP', 'client', 4, [], true],
      ],
    )
    const doors = (file: readonly [string, string]): readonly string[] => given(...file)[0].legs.map(({ door }) => door)
    assert.deepEqual(doors(mc('')), ['MTA', 'MSA', 'outgoing SMTP'])
    assert.deepEqual(doors(mc("FEATURE(`no_default_msa')dnl\n")), ['MTA', 'outgoing SMTP'])
    assert.deepEqual(doors(['/etc/mail/submit.cf', '']), ['outgoing SMTP'])
  })
})

describe('findings about the settings', () => {
  const rows: readonly (readonly [file: readonly [string, string], id: string, fact: RegExp, more?: More])[] = [
    [cf('O CipherList=NOTHING\n'), 'settings-fails-open', /Sendmail then ignores/],
    [cf('O ServerSSLOptions=NO_TLSv1\n'), 'settings-value-refused', /does not know: NO_TLSv1/],
    [cf('O CipherList=HIGH\n'), 'settings-security-level', /MTA turns TLSv1 and TLSv1\.1 on/],
    [cf('O ServerSSLOptions=0x10\n'), 'settings-value', /a number/],
    [cf(`O ServerSSLOptions=${NO_OLD} +SSL_OP_NO_TLSv1_2 +SSL_OP_NO_TLSv1_3\n`), 'settings-stops-start', /every version off/],
    [['/etc/mail/sendmail.cf', ''], 'settings-tls-off', /ServerCertFile names no absolute path/],
    [cf('#####\tDO NOT EDIT THIS FILE!  Only edit the source .mc file.\n'), 'settings-generated', /is made from sendmail\.mc/],
    [mc(''), 'settings-generated', /counts when it was made again/],
    [mc("define(`confCIPHER_LIST', `HIGH')dnl\n"), 'settings-drift', /CipherList/, { '/etc/mail/sendmail.cf': 'O CipherList=ALL\n' }],
    [mc("ifdef(`X', `define(`confCIPHER_LIST', `HIGH')')dnl\n"), 'settings-commands', /confCIPHER_LIST stands behind a condition/],
  ]
  for (const [file, id, fact, more] of rows)
    test(`${id}: ${String(fact)}`, () => {
      const [{ findings }] = given(...file, {}, more)
      assert.ok(
        findings.some((finding) => finding.id === id && fact.test(finding.fact)),
        JSON.stringify(findings),
      )
    })
})

function policy(change: Partial<Policy> = {}): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  return { ...policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') }), ...change }
}

describe('writing', () => {
  const list = 'DEFAULT:!SHA1:!SHA256:!DHE:!kRSA:!SHA384'
  const rows: readonly (readonly [why: string, file: readonly [string, string], after: string])[] = [
    [
      'behind the comments that the file has for them',
      cf('# SSL cipherlist\n#O CipherList\n# server side\n#O ServerSSLOptions\n# client side\n#O ClientSSLOptions\nSx\n'),
      `# SSL cipherlist\n#O CipherList\nO CipherList=${list}\n# server side\n#O ServerSSLOptions\nO ServerSSLOptions=${NO_OLD}\n# client side\n#O ClientSSLOptions\nO ClientSSLOptions=${NO_OLD}\nSx\n`,
    ],
    [
      'in place, with other words and comments',
      cf(`O CipherList=${list} # mine\nO ServerSSLOptions=+SSL_OP_NO_TICKET -SSL_OP_NO_TLSv1\nO ClientSSLOptions=${NO_OLD}`),
      `O CipherList=${list} # mine\nO ServerSSLOptions=+SSL_OP_NO_TICKET +SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1\nO ClientSSLOptions=${NO_OLD}`,
    ],
    [
      'behind the definitions of TLS',
      mc("MAILER(`smtp')dnl\n"),
      `define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')dnl\ndefine(\`confCIPHER_LIST', \`${list}')dnl\ndefine(\`confCLIENT_SSL_OPTIONS', \`${NO_OLD}')dnl\nMAILER(\`smtp')dnl\n`,
    ],
  ]
  for (const [why, [path, text], after] of rows)
    test(why, () => {
      const [reading, file, options] = given(path, text)
      const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
      const { changes } = sendmailAdapter.write(reading, wanted, options)
      const changed = withEdits(
        file,
        changes.flatMap(({ edits }) => edits),
      ).text
      assert.equal(
        changed.slice(
          changed.indexOf(CERTS_MC) >= 0 ? changed.indexOf(CERTS_MC) + CERTS_MC.length : changed.indexOf(CERTS_CF) + CERTS_CF.length,
        ),
        after,
      )
    })

  test('a definition comes behind what would take it out again', () => {
    const gone = "define(`confSERVER_SSL_OPTIONS', `x')dnl\nundefine(`confSERVER_SSL_OPTIONS')dnl\n"
    const [reading, file, options] = given(...mc(gone))
    const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
    const { changes } = sendmailAdapter.write(reading, wanted, options)
    const after = withEdits(
      file,
      changes.flatMap(({ edits }) => edits),
    )
    assert.deepEqual(sendmailAdapter.read(after, options).legs[0]?.words.protocols.value, NEWER, after.text)
  })

  test('suites of TLS 1.3 have no name in m4', () => {
    const [reading, file, options] = given(...mc(`define(\`confSERVER_SSL_OPTIONS', \`${NO_OLD}')dnl\nMAILER(\`smtp')dnl\n`))
    const wanted = [...reading.legs].map(({ door, role }) => ({
      door,
      role,
      policy: policy({ suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }),
    }))
    const { changes } = sendmailAdapter.write(reading, wanted, options)
    assert.match(
      withEdits(
        file,
        changes.flatMap(({ edits }) => edits),
      ).text,
      /MAILER\(`smtp'\)dnl\nLOCAL_CONFIG\nO CipherSuites=TLS_AES_128_GCM_SHA256\n$/,
    )
  })
})

test('parseM4() takes comments, quotes and arguments as m4 does', () => {
  const { calls } = parseM4({
    path: 'x.mc',
    text: "define(`A', `b(`c'),d')dnl define(`B', `x')\n`define(`C', `x')' F(x, (y,z))\n# define(`D', `x')\n",
  })
  assert.deepEqual(
    calls.map(({ name, args }) => [name, ...args.map(({ text }) => text)]),
    [
      ['define', 'A', "b(`c'),d"],
      ['F', 'x', '(y,z)'],
    ],
  )
})

describe('whose file it is', () => {
  const rows: readonly (readonly [path: string, text: string, how: number])[] = [
    ['/etc/mail/sendmail.mc', '', 1],
    ['/tmp/copy', "OSTYPE(`linux')dnl\n", 0.9],
    ['/tmp/copy', 'V10/Berkeley\n', 0.9],
    ['/etc/postfix/main.cf', 'smtpd_tls_protocols = !SSLv2\n', 0],
  ]
  for (const [path, text, how] of rows) test(`${path}: ${text}`, () => assert.equal(sendmailAdapter.recognises({ path, text }), how))
})
