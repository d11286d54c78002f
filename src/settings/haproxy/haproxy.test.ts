import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords, Role } from '../words.ts'
import { haproxyAdapter } from './adapter.ts'

function fileOf(text: string): SettingsFile {
  return { path: '/etc/haproxy/haproxy.cfg', text }
}

function wordsOf(text: string, role: Role = 'server', version?: string): LegWords {
  const { legs } = haproxyAdapter.read(fileOf(text), { openssl: '3.0', ...(version === undefined ? {} : { version }) })
  const leg = legs.find((one) => one.role === role)
  assert.ok(leg)
  return leg.words
}

function policy(): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
}

function written(text: string, wanted: Policy): string {
  const file = fileOf(text)
  const reading = haproxyAdapter.read(file, { openssl: '3.0' })
  const { changes } = haproxyAdapter.write(
    reading,
    reading.legs.map(({ door, role }) => ({ door, role, policy: wanted })),
    { openssl: '3.0' },
  )
  return withEdits(
    file,
    changes.flatMap((change) => change.edits),
  ).text
}

const bind = (words: string, global = ''): string => `global\n${global}\nfrontend f\n  bind :443 ssl crt /x.pem ${words}\n`

describe('what a line has', () => {
  const newer = ['TLSv1.2', 'TLSv1.3']
  const all = ['TLSv1', 'TLSv1.1', ...newer]
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, role?: Role, version?: string])[] = [
    ['TLS 1.2 is the lowest version of a bind line', bind(''), 'protocols', newer],
    ['which it was not before 2.2', bind(''), 'protocols', all, 'server', '2.0'],
    ['nor is it of a server line', 'backend b\n server s 192.0.2.1:993 ssl\n', 'protocols', all, 'client'],
    ['a bound of its own', bind('ssl-min-ver TLSv1.0'), 'protocols', all],
    ['wins over that of global', bind('ssl-min-ver TLSv1.3', ' ssl-default-bind-options ssl-min-ver TLSv1.0'), 'protocols', ['TLSv1.3']],
    ['TLSv1 is no name here', bind('ssl-min-ver TLSv1'), 'protocols', 'unknown'],
    ['no-… counts where there are no bounds', bind('no-tlsv13'), 'protocols', ['TLSv1.2']],
    ['and for nothing beside them', bind('no-tlsv13 ssl-min-ver TLSv1.2'), 'protocols', newer],
    ['a highest version below the lowest moves that', bind('ssl-max-ver TLSv1.1'), 'protocols', ['TLSv1.1']],
    ['force-… is both', bind('force-tlsv12'), 'protocols', ['TLSv1.2']],
    ['the server chooses', bind(''), 'order', 'server'],
    ['unless told otherwise', bind('', ' ssl-default-bind-options prefer-client-ciphers'), 'order', 'client'],
    ['curves', bind('curves P-256:"X25519"'), 'groups', ['secp256r1', 'x25519']],
    ['one curve in the older word', bind('ecdhe secp384r1'), 'groups', ['secp384r1']],
    ['which counts for nothing beside curves', bind('ecdhe secp384r1 curves X25519'), 'groups', ['x25519']],
    ['a variable of the environment', bind('ciphers "${LIST}"'), 'suites', 'unknown'],
    ['no DHE since 2.6', bind(''), 'dh', null],
    ['before, it depends', bind(''), 'dh', 'unknown', 'server', '2.4'],
    ['a size at most', bind('', ' tune.ssl.default-dh-param 1024'), 'dh', 1024],
    [
      'default-server speaks for its backend',
      'backend b\n default-server ssl ssl-min-ver TLSv1.3\n server s 192.0.2.1:993\n',
      'protocols',
      ['TLSv1.3'],
      'client',
    ],
  ]
  for (const [why, text, word, value, role, version] of rows)
    test(why, () => assert.deepEqual(wordsOf(text, role, version)[word].value, value))

  test('servers take their words from the defaults that their section has, and from lines before them', () => {
    const text = `defaults a
 default-server ssl ssl-min-ver TLSv1.1
defaults b from a
 default-server ssl-max-ver TLSv1.2
defaults
 default-server no-ssl
backend x from b
 server s 192.0.2.1:993
 default-server ssl-min-ver TLSv1.2
 server t 192.0.2.1:993
 server u 192.0.2.1:993 no-ssl
backend y
 server s 192.0.2.1:993
 server-template t 1-3 192.0.2.1:993 ssl ssl-min-ver TLSv1.3
`
    const { legs } = haproxyAdapter.read(fileOf(text), { openssl: '3.0' })
    assert.deepEqual(
      legs.map(({ door, role, words: { protocols } }) => [door, role, protocols.value]),
      [
        ['backend x s', 'client', ['TLSv1.1', 'TLSv1.2']],
        ['backend x t', 'client', ['TLSv1.2']],
        ['backend y t', 'client', ['TLSv1.3']],
      ],
    )
  })

  test('peers and logs have doors, too', () => {
    const text = `peers p
 default-bind ssl crt /x.pem
 bind :1024
 default-server ssl
 server me
 server other 192.0.2.1:1024
log-forward l
 bind :6514 ssl crt /x.pem
ring r
 server s 192.0.2.1:6514 ssl
`
    const { legs } = haproxyAdapter.read(fileOf(text), {})
    assert.deepEqual(
      legs.map(({ door, role }) => [door, role]),
      [
        ['peers p :1024', 'server'],
        ['peers p other', 'client'],
        ['log-forward l :6514', 'server'],
        ['ring r s', 'client'],
      ],
    )
  })

  const listed = (line: string): ReturnType<typeof haproxyAdapter.read> =>
    haproxyAdapter.read(fileOf(bind('crt-list list.txt')), {
      more: (path) => (path === '/etc/haproxy/list.txt' ? { path, text: `# /x.pem [curves X25519]\n${line}\n` } : undefined),
    })
  const lists = [
    ['/x.pem [ssl-min-ver TLSv1.0 alpn h2] a.example', ['protocols']],
    ['/x.pem [ciphers ALL ecdhe secp384r1]', ['suites', 'groups']],
    ['/x.pem a.example', []],
  ] as const
  for (const [line, words] of lists) {
    test(`a list with ${line} says ${words.join(' and ') || 'nothing'} anew`, () => {
      const { legs, findings } = listed(line)
      const [leg] = legs
      assert.deepEqual(
        (['protocols', 'suites', 'groups'] as const).filter((word) => leg?.words[word].value === 'unknown'),
        words,
      )
      assert.deepEqual(
        findings.map(({ id }) => id),
        words.length === 0 ? [] : ['settings-undecided'],
      )
    })
  }

  test('a list that cannot be read may say anything, and the plan says so', () => {
    const reading = haproxyAdapter.read(fileOf(bind('crt-list list.txt')), {})
    const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
    const { inexpressible } = haproxyAdapter.write(reading, wanted, {})
    assert.deepEqual(
      inexpressible.filter(({ why }) => why.includes('crt-list')).map(({ word }) => word),
      ['protocols', 'suites', 'groups'],
    )
  })

  test('what HAProxy does not start with is told, and a variable is not taken for it', () => {
    const ids = (text: string): readonly string[] => haproxyAdapter.read(fileOf(text), {}).findings.map(({ id }) => id)
    assert.deepEqual(ids(bind('ssl-max-ver TLSv1.1', ' ssl-default-bind-options ssl-min-ver TLSv1.2')), ['settings-stops-start'])
    assert.deepEqual(ids(bind('ciphers "${LIST}"')), ['settings-undecided'])
    assert.deepEqual(ids(bind('ciphers NOTHING')), ['settings-value-refused'])
    assert.deepEqual(ids(bind('ssl-min-ver TLSv1.0')), ['settings-security-level'])
    assert.deepEqual(ids('backend b\n server s 192.0.2.1:993 ssl\n'), [])
  })

  test('lines without ssl are no doors', () => {
    const { legs } = haproxyAdapter.read(fileOf('listen l\n bind :25\n bind :465 ssl\n server s 192.0.2.1:25 # ssl\n'), {})
    assert.deepEqual(
      legs.map(({ door, role }) => [door, role]),
      [['listen l :465', 'server']],
    )
  })
})

describe('a file that is not HAProxy’s', () => {
  const rows = [
    ['bind :443 ssl\n', /line 1, column 1: this stands before any section/],
    ['global\n log "x\n', /line 2, column 6: the quote or backslash here is never closed/],
  ] as const
  for (const [text, message] of rows)
    test(text.replaceAll('\n', ' '), () => assert.throws(() => haproxyAdapter.read(fileOf(text), {}), { message }))
})

describe('writing', () => {
  const list = 'ssl-default-bind-ciphers ECDHE+AESGCM'
  const wanted: Policy = { ...policy(), groups: wordsOf(bind('')).groups.value as readonly string[] }
  const rows = [
    [
      'the default that all lines take, and the line that would undo it',
      `global\r\n\t${list}\r\n\tssl-default-bind-options ssl-min-ver TLSv1.0 no-tls-tickets # old\r\n\r\nfrontend f\r\n\tbind :443 ssl crt /x.pem\r\n\tbind :444 ssl ssl-min-ver TLSv1.1 crt /x.pem\r\n`,
      `global\r\n\t${list}\r\n\tssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets # old\r\n\r\nfrontend f\r\n\tbind :443 ssl crt /x.pem\r\n\tbind :444 ssl ssl-min-ver TLSv1.2 crt /x.pem\r\n`,
    ],
    [
      'a line for what stands nowhere',
      'global\n  daemon\nfrontend f\n  bind :443 ssl crt /x.pem\n',
      'global\n  daemon\n  ssl-default-bind-ciphers DEFAULT:!SHA1:!SHA256:!DHE:!kRSA:!SHA384\nfrontend f\n  bind :443 ssl crt /x.pem\n',
    ],
  ] as const
  for (const [why, before, after] of rows) test(why, () => assert.equal(written(before, wanted), after))
})

const there = spawnSync('haproxy', ['-v']).error === undefined

describe('against HAProxy', { skip: process.env['CI'] === undefined && !there && 'HAProxy is not installed' }, () => {
  test('what is written passes its own check, and what it refuses is found', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-haproxy-'))
    try {
      const [key, certificate, both] = [join(folder, 'key'), join(folder, 'certificate'), join(folder, 'both.pem')]
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=a'],
        { stdio: 'ignore' },
      )
      writeFileSync(both, readFileSync(certificate, 'latin1') + readFileSync(key, 'latin1'))
      const around = (words: string, global = ''): string =>
        `global\n  maxconn 10\n${global}defaults\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nlisten l\n  bind 127.0.0.1:18443 ssl crt ${both} ${words}\n  server s 127.0.0.1:18444 ssl verify none\n`
      const passes = (text: string): boolean => {
        const path = join(folder, 'haproxy.cfg')
        writeFileSync(path, text)
        return spawnSync('haproxy', ['-c', '-q', '-f', path]).status === 0
      }
      for (const [words, global] of [
        ['', ''],
        ['ssl-min-ver TLSv1.0 ciphers "HIGH"', '  ssl-default-bind-options prefer-client-ciphers\n'],
        ['no-tlsv13 # x', '  ssl-default-server-ciphers ALL\n'],
      ] as const) {
        const after = written(around(words, global), { ...policy(), order: 'server' })
        assert.ok(passes(after), after)
      }
      for (const words of ['ciphers NOTHING', 'ciphers ALL', 'curves prime256v1:X25519']) {
        const { findings } = haproxyAdapter.read(fileOf(around(words)), { openssl: '3.0' })
        assert.equal(findings.length === 0, passes(around(words)), words)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
