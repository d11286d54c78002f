import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import type { Adapter, Ask, Installed } from '../adapter.ts'
import { dovecotAdapter } from '../dovecot/adapter.ts'
import { haproxyAdapter } from '../haproxy/adapter.ts'
import { nginxAdapter } from '../nginx/adapter.ts'
import { postfixAdapter } from '../postfix/adapter.ts'
import { mailExpressAdapter, tomcatAdapter } from '../tomcat/adapter.ts'
import { opensslNamed } from './openssl-named.ts'
import { zipEntry } from './zip-entry.ts'

/** Programs in /usr/sbin that say this, and archives with this in them, by the command line or the name. */
function machine(said: Readonly<Record<string, string>>): Ask {
  const answer = (key: string, by: string): ReturnType<Ask['entry']> => (said[key] === undefined ? undefined : { text: said[key], by })
  return {
    run: (program, ...args) => answer([program, ...args].join(' '), `/usr/sbin/${program}`),
    entry: (archive, name) => answer(`${archive} ${name}`, archive),
  }
}

const SERVER_INFO = 'org/apache/catalina/util/ServerInfo.properties'

describe('what is installed', () => {
  const rows: readonly (readonly [
    why: string,
    adapter: Adapter,
    path: string,
    said: Readonly<Record<string, string>>,
    Installed | undefined,
  ])[] = [
    [
      'Postfix has what it was compiled as, and the library that it runs with',
      postfixAdapter,
      '/etc/postfix/main.cf',
      { 'postconf -d -h mail_version': '3.7.11\n', 'postconf -T run-version': 'OpenSSL 3.0.19 27 Jan 2026\n' },
      { version: '3.7.11', openssl: '3.0', by: '/usr/sbin/postconf' },
    ],
    [
      'a Postfix before 3.1 does not know its library',
      postfixAdapter,
      '/etc/postfix/main.cf',
      { 'postconf -d -h mail_version': '2.11.3\n' },
      { version: '2.11.3', by: '/usr/sbin/postconf' },
    ],
    [
      'nginx runs with another OpenSSL than it was built with',
      nginxAdapter,
      '/etc/nginx/nginx.conf',
      {
        'nginx -V': 'nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.5.1 25 Aug 2026 (running with OpenSSL 3.0.19 27 Jan 2026)\n',
      },
      { version: '1.22.1', openssl: '3.0', by: '/usr/sbin/nginx' },
    ],
    [
      'or with the one it was built with',
      nginxAdapter,
      '/etc/nginx/nginx.conf',
      { 'nginx -V': 'nginx version: nginx/1.27.3 (Ubuntu)\nbuilt with OpenSSL 1.1.1w  11 Sep 2023\n' },
      { version: '1.27.3', openssl: '1.1.1', by: '/usr/sbin/nginx' },
    ],
    [
      'LibreSSL is no OpenSSL',
      nginxAdapter,
      '/etc/nginx/nginx.conf',
      { 'nginx -V': 'nginx version: nginx/1.26.0\nbuilt with LibreSSL 3.9.0\n' },
      { version: '1.26.0', by: '/usr/sbin/nginx' },
    ],
    [
      'HAProxy says both, too',
      haproxyAdapter,
      '/etc/haproxy/haproxy.cfg',
      {
        'haproxy -vv':
          'HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\nBuilt with OpenSSL version : OpenSSL 3.5.1 25 Aug 2026\nRunning on OpenSSL version : OpenSSL 3.0.19 27 Jan 2026\n',
      },
      { version: '2.6.12', openssl: '3.0', by: '/usr/sbin/haproxy' },
    ],
    [
      'an HAProxy with another library',
      haproxyAdapter,
      '/etc/haproxy/haproxy.cfg',
      {
        'haproxy -vv':
          'HAProxy version 3.0.11 2025/06/02\nBuilt with OpenSSL version : OpenSSL 3.5.1 (AWS-LC 1.40)\nRunning on OpenSSL version : AWS-LC 1.40.0\n',
      },
      { version: '3.0.11', by: '/usr/sbin/haproxy' },
    ],
    [
      'Dovecot does not say, and has the one of the system',
      dovecotAdapter,
      '/etc/dovecot/dovecot.conf',
      {
        'dovecot --version': '2.3.19.1 (9b53102964)\n',
        'openssl version': 'OpenSSL 3.5.1 1 Jul 2025 (Library: OpenSSL 3.0.19 27 Jan 2026)\n',
      },
      { version: '2.3.19.1', openssl: '3.0', by: '/usr/sbin/dovecot' },
    ],
    [
      'Dovecot 2.4 reads its file as the file says',
      dovecotAdapter,
      '/etc/dovecot/dovecot.conf',
      { 'dovecot --version': '2.4.1-4 (7d8c0e5759)\n' },
      { by: '/usr/sbin/dovecot' },
    ],
    [
      "Debian's Tomcat keeps its classes apart",
      tomcatAdapter,
      '/etc/tomcat10/server.xml',
      {
        [`/usr/share/tomcat10/lib/catalina.jar ${SERVER_INFO}`]: 'server.info=Apache Tomcat/10.1.60 (Debian)\nserver.number=10.1.60.0\n',
      },
      { version: '10.1.60', by: '/usr/share/tomcat10/lib/catalina.jar' },
    ],
    [
      'others have them beside conf',
      tomcatAdapter,
      '/opt/tomcat/conf/server.xml',
      { [`/opt/tomcat/lib/catalina.jar ${SERVER_INFO}`]: 'server.number=9.0.85.0\n' },
      { version: '9.0.85', by: '/opt/tomcat/lib/catalina.jar' },
    ],
    ['nothing is installed', postfixAdapter, '/etc/postfix/main.cf', {}, undefined],
    ['something else answers', nginxAdapter, '/etc/nginx/nginx.conf', { 'nginx -V': 'usage: nginx FILE\n' }, undefined],
  ]
  for (const [why, { product, installed }, path, said, expected] of rows) {
    test(`${product}: ${why}`, () => assert.deepEqual(installed?.(path, machine(said)), expected))
  }

  test('nobody knows how to ask Mail Express', () => assert.equal(mailExpressAdapter.installed, undefined))

  for (const [text, generation] of [
    ['OpenSSL 1.0.2k-fips  26 Jan 2017', '1.0.2'],
    ['OpenSSL 1.1.1w', '1.1.1'],
    ['OpenSSL 3.1.4 24 Oct 2023', '3.0'],
    ['OpenSSL 3.2.0', '3.5'],
    ['OpenSSL 0.9.8zh', undefined],
    ['BoringSSL', undefined],
  ] as const) {
    test(`${text} is of generation ${generation ?? 'unknown'}`, () => assert.equal(opensslNamed(text), generation))
  }
})

/** An archive with one file, as PKWARE's APPNOTE.TXT has it. */
function archive(t: TestContext, name: string, text: string, packed: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-zip-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = packed ? deflateRawSync(text) : Buffer.from(text)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(packed ? 8 : 0, 4)
  common.writeUInt32LE(crc32(text), 10)
  common.writeUInt32LE(data.length, 14)
  common.writeUInt32LE(text.length, 18)
  common.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, Buffer.from(name), data])
  const central = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\0'), common, Buffer.alloc(14), Buffer.from(name)])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  const path = join(folder, 'a.jar')
  writeFileSync(path, Buffer.concat([local, central, Buffer.from('PK\u0005\u0006'), end]))
  return path
}

describe('zipEntry()', () => {
  for (const packed of [true, false]) {
    test(`gives a file that is ${packed ? 'packed' : 'stored'}`, (t) => {
      const path = archive(t, 'a/b.txt', 'server.number=1', packed)
      assert.equal(zipEntry(path, 'a/b.txt'), 'server.number=1')
      assert.equal(zipEntry(path, 'b.txt'), undefined)
    })
  }

  test('gives nothing of what unpacks to more than anybody reads', (t) => {
    assert.equal(zipEntry(archive(t, 'a', 'x'.repeat(1 << 20), true), 'a'), undefined)
    assert.equal(zipEntry(archive(t, 'a', 'x'.repeat(1 << 17), false), 'a'), undefined)
  })

  test('gives nothing of what is no archive, or not there', (t) => {
    const path = archive(t, 'a', 'x', true)
    assert.equal(zipEntry(`${path}.no`, 'a'), undefined)
    for (const text of ['', 'PK\u0005\u0006', `PK\u0005\u0006${'\u00ff'.repeat(18)}`]) {
      writeFileSync(path, text, 'latin1')
      assert.equal(zipEntry(path, 'a'), undefined)
    }
  })
})
