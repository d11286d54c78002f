import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import { defaultOf } from '../versions.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { nginxAdapter } from './adapter.ts'
import { NGINX_DEFAULTS } from './defaults.ts'

const CONF = '/etc/nginx/nginx.conf'

function fileOf(text: string, path = CONF): SettingsFile {
  return { path, text }
}

function wordsOf(text: string, version?: string): LegWords {
  const { legs } = nginxAdapter.read(fileOf(text), { openssl: '3.0', ...(version === undefined ? {} : { version }) })
  assert.equal(legs.length, 1, legs.map((leg) => leg.door).join())
  return legs[0]!.words
}

function policy(): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
}

function written(text: string): string {
  const file = fileOf(text)
  const reading = nginxAdapter.read(file, { openssl: '3.0' })
  const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
  const { changes } = nginxAdapter.write(reading, wanted, { openssl: '3.0' })
  return withEdits(
    file,
    changes.flatMap((change) => change.edits),
  ).text
}

const server = (inside: string, outside = ''): string => `http { ${outside} server { listen 443 ssl; ${inside} } }`

describe('what a server has', () => {
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, version?: string])[] = [
    ['TLS 1.3 is off by default in old versions', server(''), 'protocols', ['TLSv1', 'TLSv1.1', 'TLSv1.2'], '1.22.1'],
    ['and on since 1.23.4', server(''), 'protocols', ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], '1.26.3'],
    ['and alone with TLS 1.2 since 1.27.3', server(''), 'protocols', ['TLSv1.2', 'TLSv1.3'], '1.27.3'],
    ['the server’s own line wins', server('ssl_protocols TLSv1.3;', 'ssl_protocols TLSv1.2;'), 'protocols', ['TLSv1.3']],
    ['what it does not say it inherits', server('', 'ssl_protocols TLSv1.2;'), 'protocols', ['TLSv1.2']],
    ['case does not count', server('ssl_protocols tlsv1.2;'), 'protocols', ['TLSv1.2']],
    ['an unknown version stops the start', server('ssl_protocols TLS1.2;'), 'protocols', 'unknown'],
    ['SSLv3 is not in the library', server('ssl_protocols SSLv3 TLSv1.2;'), 'protocols', ['TLSv1.2']],
    ['clients choose', server(''), 'order', 'client'],
    ['unless told otherwise', server("ssl_prefer_server_ciphers 'on';"), 'order', 'server'],
    ['curves by any of their names', server('ssl_ecdh_curve P-256:X25519;'), 'groups', ['secp256r1', 'x25519']],
    ['no DHE without parameters', server(''), 'dh', null],
    ['a command decides behind the directive', server('ssl_conf_command MinProtocol TLSv1.2;'), 'protocols', 'unknown'],
  ]
  for (const [why, text, word, value, version] of rows) test(why, () => assert.deepEqual(wordsOf(text, version)[word].value, value))

  test('no DHE suite is spoken without parameters, whatever the list says', () => {
    const { value } = wordsOf(server('ssl_ciphers ECDHE+AESGCM:DHE+AESGCM;')).suites
    assert.ok(value !== 'unknown' && value.length > 3 && !value.some((suite) => suite.startsWith('TLS_DHE')))
  })

  test('ports without TLS are no doors; mail with STARTTLS, quic and streams are', () => {
    const text = `http { server { listen 80; } server { listen 443 quic; server_name b; } }
      mail { server { listen 143; starttls on; } server { listen 110; } }
      stream { server { listen 993 ssl; } }`
    const { legs } = nginxAdapter.read(fileOf(text), {})
    assert.deepEqual(
      legs.map(({ door }) => door),
      ['http b 443', 'mail 143', 'stream 993'],
    )
  })

  test('included files are read, in the order of their names', () => {
    const others = ['/etc/nginx/conf.d/b.conf', '/etc/nginx/conf.d/a.conf', '/etc/nginx/conf.d/off'].map((path) =>
      fileOf(`server { listen 443 ssl; server_name ${path.slice(-6)}; }`, path),
    )
    const { legs, files } = nginxAdapter.read(fileOf('http { include conf.d/*.conf; }'), {
      more: (path) => others.find((file) => file.path === path),
      list: () => others.map(({ path }) => path),
    })
    assert.deepEqual(
      legs.map(({ door }) => door),
      ['http a.conf 443', 'http b.conf 443'],
    )
    assert.equal(files.length, 3)
  })
})

describe('servers at one address', () => {
  const two = (first: string, second: string, listen = 'listen 443;'): string =>
    `http { ssl_protocols TLSv1 TLSv1.2; server { ${listen} server_name a; ${first} } server { listen *:443 ssl; server_name b; ${second} } }`
  const read = (text: string, version = '1.22.1'): ReturnType<typeof nginxAdapter.read> =>
    nginxAdapter.read(fileOf(text), { version, openssl: '3.0' })
  const second = (text: string, version?: string): LegWords | undefined =>
    read(text, version).legs.find(({ door }) => door.startsWith('http b'))?.words

  test('speak TLS wherever one of them says ssl', () => {
    assert.deepEqual(
      read(two('', '')).legs.map(({ door, listens }) => [door, listens]),
      [
        ['http a 443', ['https://localhost:443']],
        ['http b *:443', []],
      ],
    )
  })

  test('have versions and groups of the first, or of the default, and the rest of their own', () => {
    const words = second(
      two('ssl_protocols TLSv1; ssl_ecdh_curve secp384r1; ssl_prefer_server_ciphers on;', 'ssl_protocols TLSv1.3; ssl_ecdh_curve X25519;'),
    )
    assert.deepEqual([words?.protocols.value, words?.groups.value, words?.order.value], [['TLSv1'], ['secp384r1'], 'client'])
    const first = two('ssl_protocols TLSv1.2;', 'ssl_protocols TLSv1.3;').replace('listen *:443 ssl', 'listen *:443 ssl default_server')
    const { legs } = read(first)
    assert.deepEqual(
      legs.map(({ words: { protocols } }) => protocols.value),
      [['TLSv1.3'], ['TLSv1.3']],
    )
  })

  test('have suites of TLS 1.3 of the first, and who chooses is known where both say the same', () => {
    const first = 'ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384; ssl_prefer_server_ciphers on;'
    const own = 'ssl_ciphers AES128-SHA; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;'
    const words = second(two(first, own))
    assert.deepEqual(words?.suites.value, ['TLS_AES_256_GCM_SHA384', 'TLS_RSA_WITH_AES_128_CBC_SHA'])
    assert.equal(words?.order.value, 'unknown')
    assert.equal(second(two(first, `${own} ssl_prefer_server_ciphers on;`))?.order.value, 'server')
    const later = second(two(first, `${own} ssl_protocols TLSv1.3;`), '1.29.2')
    assert.deepEqual([later?.suites.value, later?.order.value], [['TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'], 'client'])
  })

  test('have versions of their own since 1.29.2, and still no groups', () => {
    const words = second(two('ssl_protocols TLSv1; ssl_ecdh_curve secp384r1;', 'ssl_protocols TLSv1.3; ssl_ecdh_curve X25519;'), '1.29.2')
    assert.deepEqual([words?.protocols.value, words?.groups.value], [['TLSv1.3'], ['secp384r1']])
  })

  test('have unknown versions where they are first at one address and not at another', () => {
    const text = two('ssl_protocols TLSv1;', 'listen 8443 ssl; ssl_protocols TLSv1.3;')
    assert.equal(second(text)?.protocols.value, 'unknown')
  })

  test('say what does nothing, and where', () => {
    const { findings } = read(two('', 'ssl_protocols TLSv1.3;'))
    assert.deepEqual(
      findings.filter(({ id }) => id !== 'settings-security-level').map(({ id, fact, place }) => [id, fact, place?.column]),
      [
        [
          'settings-ignored',
          'http b *:443: ssl_protocols does nothing here: http a 443 is the first server at this address, and has another one.',
          132,
        ],
      ],
    )
  })

  test('say which versions OpenSSL refuses all the same', () => {
    const ids = (first: string): readonly string[] => read(two(first, first)).findings.map(({ id }) => id)
    assert.deepEqual(ids('ssl_protocols TLSv1;'), ['settings-security-level', 'settings-security-level'])
    assert.deepEqual(ids('ssl_protocols TLSv1; ssl_ciphers HIGH:@SECLEVEL=0;'), [])
  })

  test('are changed at the first, and only where all of them shall be', () => {
    const text = two('ssl_protocols TLSv1 TLSv1.2;', 'ssl_protocols TLSv1.2;')
    const reading = read(text)
    const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
    const options = { version: '1.22.1', openssl: '3.0' } as const
    const versions = (some: typeof wanted): readonly unknown[] =>
      nginxAdapter
        .write(reading, some, options)
        .changes.filter(({ setting }) => setting === 'ssl_protocols')
        .map(({ door, after }) => [door, after])
    assert.deepEqual(versions(wanted), [['http a 443', 'TLSv1.2']])
    assert.deepEqual(versions(wanted.slice(1)), [])
    const { inexpressible } = nginxAdapter.write(reading, wanted.slice(1), options)
    assert.match(inexpressible.find(({ word }) => word === 'protocols')?.why ?? '', /ssl_protocols is shared with another leg/)
  })
})

describe('a file that is not nginx’s', () => {
  const rows = [
    ['http {\n server { listen 443 ssl;\n}', /line 1, column 6: the block that begins here is never closed/],
    ['http { } }', /line 1, column 10: no block is open/],
    ['http {\n ssl_protocols TLSv1\n}', /line 2, column 21: a ; is missing here/],
    ['http { ssl_ciphers "HIGH; }', /line 1, column 20: the quote that begins here is never closed/],
  ] as const
  for (const [text, message] of rows)
    test(text.replaceAll('\n', ' '), () => assert.throws(() => nginxAdapter.read(fileOf(text), {}), { message }))
})

describe('writing', () => {
  const rows = [
    [
      'values in place, new lines beside their neighbours, comments and line ends as they were',
      'http {\r\n\tserver {\r\n\t\tlisten 443 ssl; # door\r\n\t\tssl_protocols  TLSv1 TLSv1.2; # old\r\n\t}\r\n}\r\n',
      'http {\r\n\tssl_ciphers HIGH:!aNULL:!MD5:!DHE:!kRSA:!ARIA:!SHA1:!AESCCM:!SHA256:!SHA384;\r\n\tssl_ecdh_curve X25519:prime256v1:secp384r1;\r\n\tserver {\r\n\t\tlisten 443 ssl; # door\r\n\t\tssl_protocols  TLSv1.2; # old\r\n\t}\r\n}\r\n',
    ],
    [
      'quotes stay where they are needed no less',
      'http { server { listen 443 ssl; ssl_protocols TLSv1.2; ssl_ciphers "ALL"; ssl_ecdh_curve X25519; } }',
      'http { server { listen 443 ssl; ssl_protocols TLSv1.2; ssl_ciphers "ALL:!kDHE:!kRSA:!SHA1:!ARIA:!AESCCM:!SHA256:!SHA384"; ssl_ecdh_curve X25519; } }',
    ],
  ] as const
  for (const [why, before, after] of rows) {
    test(why, () => assert.equal(written(before), after))
  }
})

test('every default has its source, and is the last one for its version', () => {
  for (const { setting, value, since, source } of NGINX_DEFAULTS) {
    assert.match(source, /^https:\/\/github\.com\/nginx\/nginx\/blob\/release-/)
    assert.equal(defaultOf(NGINX_DEFAULTS, setting, since)?.value, value)
  }
})

const there = spawnSync('nginx', ['-v']).error === undefined

describe('against nginx', { skip: process.env['CI'] === undefined && !there && 'nginx is not installed' }, () => {
  test('what is written passes its own check, and what it refuses is found', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-nginx-'))
    try {
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=a'],
        { stdio: 'ignore' },
      )
      const around = (inside: string): string =>
        `pid ${folder}/pid; error_log stderr; events {}\nhttp {\n  access_log off;\n  server {\n    listen 127.0.0.1:18443 ssl;\n    ssl_certificate ${certificate}; ssl_certificate_key ${key};\n    ${inside}\n  }\n}\n`
      const path = join(folder, 'nginx.conf')
      const passes = (text: string): boolean => {
        writeFileSync(path, text)
        return spawnSync('nginx', ['-t', '-q', '-c', path, '-p', folder]).status === 0
      }
      for (const inside of ['', 'ssl_protocols TLSv1 TLSv1.3; ssl_ciphers ALL;', "ssl_ciphers 'HIGH'; ssl_prefer_server_ciphers on; # x"]) {
        const after = written(around(inside))
        assert.ok(passes(after), after)
        assert.equal(readFileSync(path, 'utf8'), after)
      }
      for (const inside of ['ssl_protocols TLS1.2;', 'ssl_ciphers NOTHING;', 'ssl_protocols tlsv1.2;']) {
        const { findings } = nginxAdapter.read(fileOf(around(inside)), { openssl: '3.0' })
        assert.equal(findings.length === 0, passes(around(inside)), inside)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
