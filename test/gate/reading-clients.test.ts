import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { certificates, needPackages, needPeer, startPeer } from '../peers/index.ts'
import { JVM } from '../peers/java.ts'
import { startGate, type Gated } from './gated.ts'
import { CRLF, desk, lasting, MESSAGE, type Said } from './programs.ts'

/** Programs in which people read their mail, and the Web, through a gate. They believe the gate by the tests' authority. */

const { root } = await certificates()
const { folder, run, write } = desk()
const NOBODY = 65_534

async function throughTls(gated: Gated): Promise<void> {
  const { negotiated, verdict } = await gated.record()
  assert.deepEqual([negotiated?.version, verdict], ['TLSv1.3', { meets: true }])
}

/** With whatever a mailbox puts before its headers and behind its text. */
function isWhole(text: string): void {
  assert.ok(text.replaceAll('\r\n', '\n').includes(MESSAGE.slice(MESSAGE.indexOf('\n\n'))), text)
}

describe('those who read, from Dovecot', { skip: needPeer('dovecot') || needPackages('curl') }, () => {
  let gated: Gated
  const t = lasting()
  before(async () => {
    const { doors } = await startPeer('dovecot', { plaintextAuth: true }, t)
    const [imap, pop3] = [`127.0.0.1:${doors.imap}`, `127.0.0.1:${doors.pop3}`]
    const services = {
      imap: { dialect: 'imap', tls: 'starttls', backend: imap },
      imaps: { dialect: 'imap', tls: 'implicit', backend: imap },
      pop3: { dialect: 'pop3', tls: 'required', backend: pop3 },
      pop3s: { dialect: 'pop3', tls: 'implicit', backend: pop3 },
    }
    gated = await startGate({ services }, t)
  })

  /** A mailbox of its own with a message in it, put there through the gate. */
  async function delivered(user: string): Promise<void> {
    const url = `imaps://localhost:${gated.port('imaps')}/INBOX`
    const { status, out } = await run('curl', ['-sS', '--cacert', root, '-u', `${user}:x`, '-T', write(`message-${user}`, CRLF), url])
    assert.equal(status, 0, out)
    await throughTls(gated)
  }

  async function well(said: Promise<Said>): Promise<string> {
    const { status, out } = await said
    assert.equal(status, 0, out)
    return out
  }

  /** The only message of a Maildir. */
  function onlyIn(maildir: string): string {
    const files = ['new', 'cur'].flatMap((place) => readdirSync(join(maildir, place)).map((one) => join(maildir, place, one)))
    assert.equal(files.length, 1)
    return readFileSync(files[0] ?? '', 'utf8')
  }

  for (const service of ['imap', 'imaps'] as const) {
    test(`mutt, ${service}`, { skip: needPackages('mutt') }, async () => {
      const user = `mutt-${service}`
      const url = `${service}://localhost:${gated.port(service)}/INBOX`
      const tls = `ssl_starttls = yes\nssl_force_tls = yes\nssl_ca_certificates_file = "${root}"\ncertificate_file = "${root}"`
      const account = `imap_user = ${user}\nimap_pass = x\nsendmail = /bin/true\nrecord = ${url}\ncopy = yes\nconfirmcreate = no`
      const file = write(user, `${tls}\n${account}`.replaceAll(/^/gm, 'set '))
      // Nobody sits at it: it keeps a copy of what it sends in a mailbox, and curl reads that.
      await well(run('mutt', ['-n', '-F', file, '-s', 'kept', 'b@example.net'], MESSAGE))
      await throughTls(gated)
      isWhole(await well(run('curl', ['-sS', '--ssl-reqd', '--cacert', root, '-u', `${user}:x`, `${url};MAILINDEX=1`])))
      await throughTls(gated)
    })
  }

  test('offlineimap, imap', { skip: needPackages('offlineimap3', 'python3-imaplib2') }, async () => {
    await delivered('offlineimap')
    const file = write(
      'offlineimap.rc',
      `[general]\naccounts = gate\nmetadata = ${folder}/offlineimap.meta\n[Account gate]\nlocalrepository = near\nremoterepository = far\n` +
        `[Repository near]\ntype = Maildir\nlocalfolders = ${folder}/offlineimap\n[Repository far]\ntype = IMAP\nremotehost = localhost\n` +
        `remoteport = ${gated.port('imap')}\nremoteuser = offlineimap\nremotepass = x\nssl = no\nstarttls = yes\nsslcacertfile = ${root}\n`,
    )
    await well(run('offlineimap', ['-o', '-u', 'basic', '-c', file]))
    isWhole(onlyIn(join(folder, 'offlineimap/INBOX')))
    await throughTls(gated)
  })

  test('getmail, pop3s', { skip: needPackages('getmail6') || (process.getuid?.() !== 0 && 'it is told to be another user') }, async () => {
    await delivered('getmail')
    // It becomes another user, and looks around.
    chmodSync(folder, 0o755)
    for (const place of ['', 'new', 'cur', 'tmp']) {
      mkdirSync(join(folder, 'got', place))
      chownSync(join(folder, 'got', place), NOBODY, NOBODY)
    }
    const file = write(
      'getmail.rc',
      `[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\nport = ${gated.port('pop3s')}\nusername = getmail\npassword = x\nca_certs = ${root}\n` +
        `[destination]\ntype = Maildir\npath = ${folder}/got/\nuser = nobody\n`,
    )
    await well(run('getmail', [`--getmaildir=${folder}`, `--rcfile=${file}`]))
    isWhole(onlyIn(join(folder, 'got')))
    await throughTls(gated)
  })

  for (const service of ['pop3', 'pop3s'] as const) {
    test(`mpop, ${service}`, { skip: needPackages('mpop') }, async () => {
      const user = `mpop-${service}`
      await delivered(user)
      const tls = ['--tls=on', `--tls-starttls=${service === 'pop3' ? 'on' : 'off'}`, `--tls-trust-file=${root}`]
      const place = ['--host=localhost', `--port=${gated.port(service)}`, `--user=${user}`, '--passwordeval=echo x', '--auth=user']
      const kept = [`--delivery=mbox,${folder}/${user}.mbox`, `--uidls-file=${folder}/${user}.uidls`, '--keep=on']
      await well(run('mpop', [...place, ...tls, ...kept]))
      isWhole(readFileSync(join(folder, `${user}.mbox`), 'utf8'))
      await throughTls(gated)
    })
  }

  test('Java, which also sends', { skip: needPackages('openjdk-17-jdk-headless') || needPeer('postfix') }, async (local) => {
    const { doors } = await startPeer('postfix', {}, local)
    const behind = `127.0.0.1:${doors.smtp}`
    const services = {
      smtp: { dialect: 'smtp', tls: 'starttls', backend: behind },
      smtps: { dialect: 'smtp', tls: 'implicit', backend: behind },
    }
    const mail = await startGate({ services }, local)
    const source = new URL('./MailClient.java', import.meta.url).pathname
    const reads = (['imap', 'imaps'] as const).flatMap((service) => [service, String(gated.port(service)), `java-${service}`])
    const sends = (['smtp', 'smtps'] as const).flatMap((service) => [service, String(mail.port(service)), 'java@example.org'])
    const out = await well(run('java', [...JVM, source, root, ...reads, ...sends]))
    assert.match(out, /^imap TLSv1\.3 the same\nimaps TLSv1\.3 the same\nsmtp TLSv1\.3 250 .*\nsmtps TLSv1\.3 250 .*\n$/)
    for (const one of [gated, gated, mail, mail]) await throughTls(one)
  })
})

const CHROMIUM = '/usr/bin/chromium'

test(
  'Chromium, https: it offers HTTP/2, and speaks HTTP/1.1 where that is agreed on, and where nothing is',
  { skip: !existsSync(CHROMIUM) && 'not on this machine: chromium' },
  async (t) => {
    let next = ''
    const server = createServer(({ url }, answer) =>
      url === '/first' ? answer.writeHead(302, { location: next }).end() : answer.end('<p>behind the gate</p>'),
    ).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => void server.close())
    const address = server.address()
    const backend = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const services = { read: { dialect: 'http', tls: 'implicit', backend }, carried: { dialect: 'tls', tls: 'implicit', backend } }
    const gated = await startGate({ services }, t)
    next = `https://localhost:${gated.port('carried')}/`
    // It believes in no authority that is named to it; so it is told not to look.
    const words = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--ignore-certificate-errors',
      `--user-data-dir=${folder}/chromium`,
      '--dump-dom',
    ]
    const { out } = await run(CHROMIUM, [...words, `https://localhost:${gated.port('read')}/first`])
    assert.match(out, /<p>behind the gate<\/p>/)
    for (const [service, alpn] of [
      ['read', 'http/1.1'],
      ['carried', undefined],
    ] as const) {
      // It may have more than one connection to each.
      while (!gated.records.some((one) => one.service === service)) await gated.record()
      const { hello, negotiated } = gated.records.find((one) => one.service === service) ?? assert.fail(service)
      assert.deepEqual([hello?.alpn, negotiated?.version, negotiated?.alpn], [['h2', 'http/1.1'], 'TLSv1.3', alpn])
    }
  },
)
