import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type } from '../cli-session.ts'
import { certificates, needPackages } from '../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../peers/packages.ts'
import { freePort } from '../peers/free-port.ts'
import { ownFolder, supervised } from './supervised.ts'

interface Courier {
  readonly etc: string
  readonly imaps: number
  readonly state: readonly string[]
  readonly restart: string
}

/**
 * Debian's own settings files with other paths and ports, and its programs, which are built with GnuTLS. Only IMAPS: for STARTTLS
 * imaplogin asks for the user `courier`, whom the package makes when it is installed.
 */
async function courier(t: TestContext): Promise<Courier> {
  const folder = ownFolder('courier', t)
  const etc = join(folder, 'courier')
  mkdirSync(etc)
  const material = await certificates()
  const pem = join(folder, 'server.pem')
  writeFileSync(pem, material.chain('rsa', 'full') + readFileSync(material.leaf('rsa').key, 'utf8'))
  const imaps = await freePort()
  const change = (name: string, values: Readonly<Record<string, string | number>>): void => {
    const text = readFileSync(unpackedFile('courier-imap', `/etc/courier/${name}`), 'utf8')
    const changed = Object.entries(values).reduce(
      (whole, [key, value]) => whole.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`),
      text,
    )
    writeFileSync(join(etc, name), changed)
  }
  change('imapd', {})
  change('imapd-ssl', {
    SSLPORT: imaps,
    SSLADDRESS: '127.0.0.1',
    COURIERTLS: unpackedFile('courier-base', '/usr/bin/couriertls'),
    TLS_CERTFILE: pem,
    TLS_CACHEFILE: '',
    TLS_DHPARAMS: material.dh('own-2048'),
  })
  const libraries = [
    unpackedFile('courier-authlib', '/usr/lib'),
    unpackedFile('courier-authlib', '/usr/lib/courier-authlib'),
    unpackedFile('libcourier-unicode4', LIBRARIES),
  ]
  const tcpd = unpackedFile('courier-base', '/usr/sbin/couriertcpd')
  const login = `${unpackedFile('courier-imap', '/usr/lib/courier/courier/imaplogin')} ${unpackedFile('courier-imap', '/usr/bin/imapd')} Maildir`
  const options = '-address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup'
  // The environment and the commands are those of Debian's start scripts.
  const command = [
    `set -a\n. '${etc}/imapd'\n. '${etc}/imapd-ssl'`,
    `IMAP_TLS=1 exec ${tcpd} ${options} $SSLPORT $COURIERTLS -server -tcpd ${login}\n`,
  ].join('\n')
  const { restart } = await supervised(folder, { command, ports: [imaps], env: { LD_LIBRARY_PATH: libraries.join(':') } }, t)
  return { etc, imaps, state: ['--state', join(folder, 'state')], restart }
}

const needed = needPackages('courier-base', 'courier-imap', 'courier-authlib', 'libcourier-unicode4')

describe('postern settings and a real Courier-IMAP', { skip: needed, concurrency: true }, () => {
  test('show a folder, plan, apply, prove, and undo', async (t) => {
    const { etc, imaps, state, restart } = await courier(t)
    const file = join(etc, 'imapd-ssl')
    const before = readFileSync(file)
    const shown = await type(['settings', 'show', etc, ...state])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /with GnuTLS/)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = join(etc, 'tls.yaml')
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    assert.equal((await type(['settings', 'plan', file, '--policy', policy, ...state])).status, 1)
    const doors = ['--prove', `IMAPS=imaps://localhost:${imaps}`]
    const order = ['settings', 'apply', file, '--policy', policy, '--as-far-as-possible', ...state, '--start', restart, ...doors]
    const made = await type(order)
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, /keeps to tls, proved on the wire/)
    assert.match(readFileSync(file, 'latin1'), /^TLS_PRIORITY=NORMAL:-CTYPE-OPENPGP:-VERS-TLS1\.0:-VERS-TLS1\.1:/m)
    assert.equal((await type(['settings', 'undo', file, ...state])).status, 0)
    assert.deepEqual(readFileSync(file), before)
  })

  test('takes back what Courier does not start with', async (t) => {
    const { etc, imaps, state, restart } = await courier(t)
    const file = join(etc, 'imapd-ssl')
    const before = readFileSync(file)
    const order = ['settings', 'apply', file, '--policy', 'mozilla-modern', '--as-far-as-possible', ...state]
    const made = await type([...order, '--start', `${restart}; false`, '--prove', `IMAPS=imaps://localhost:${imaps}`])
    assert.equal(made.status, 3, made.out)
    assert.deepEqual(readFileSync(file), before)
  })
})
