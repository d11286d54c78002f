import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { stringify } from 'yaml'
import { Crew, readGateConfig, Upkeep } from '../../src/gate/index.ts'
import { certificates } from '../peers/index.ts'
import { clientHello } from '../peers/hellos.ts'
import { SMTP, smtp } from './attacks/attacked.ts'
import { lasting } from './programs.ts'
import { Talker } from './talker.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const { leaf } = await certificates()

/** The children of this process that serve; each test runs in a process of its own. */
function workers(): readonly number[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
}

/** Does something while one worker alone can take a connection. */
async function alone<T>(worker: number, ask: () => Promise<T>): Promise<T> {
  const others = workers().filter((pid) => pid !== worker)
  for (const pid of others) process.kill(pid, 'SIGSTOP')
  try {
    return await ask()
  } finally {
    for (const pid of others) process.kill(pid, 'SIGCONT')
  }
}

/** Until each of two workers gives what is wanted. */
async function both<T>(ask: () => Promise<T>, wanted: (got: T) => boolean): Promise<void> {
  for (const worker of workers()) {
    let got: T | undefined
    for (let tries = 0; tries < 200 && (got === undefined || !wanted(got)); tries += 1) {
      got = await alone(worker, ask)
      if (!wanted(got)) await delay(30)
    }
    assert.ok(got !== undefined && wanted(got), `worker ${worker} gives ${JSON.stringify(got)}`)
  }
}

describe('two workers', () => {
  const t = lasting()
  const folder = mkdtempSync(join(tmpdir(), 'postern-crew-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [chain, key, staple] = ['mail.pem', 'mail.key', 'mail.ocsp'].map((name) => join(folder, name)) as [string, string, string]
  const put = (source: string, target: string): void => {
    copyFileSync(source, `${target}.new`)
    renameSync(`${target}.new`, target)
  }
  let crew: Crew
  const port = (service: string): number => crew.services.find(({ name }) => name === service)?.place.port ?? 0

  before(async () => {
    put(leaf('rsa').chain, chain)
    put(leaf('rsa').key, key)
    const back = await smtp(t as TestContext)
    const file = join(folder, 'postern.yaml')
    const common = { listen: '127.0.0.1:0', policy: 'mozilla-intermediate', backend: `127.0.0.1:${back.port}` }
    const services = {
      door: { ...common, dialect: 'smtp', tls: 'implicit' },
      mx: { ...common, dialect: 'smtp', tls: 'starttls', plainAfterRefusal: 'refuse' },
    }
    writeFileSync(file, stringify({ identities: { mail: [{ certificate: chain, key, ocsp: { staple } }] }, services }))
    const config = await readGateConfig(file, new Date())
    const program = { file: PROGRAM, words: ['gate', 'worker'], node: [] }
    const quiet = { name: 'gate.example', out: () => undefined, err: () => undefined, tell: () => undefined }
    crew = await Crew.open({ ...config, workers: 2 }, { ...quiet, program })
    t.after(() => crew.close(0))
    const upkeep = new Upkeep(crew, config, { now: () => new Date(), tell: () => undefined, lookEvery: 20 })
    t.after(() => upkeep.stop())
  })

  /** The serial number of the certificate that is served, and whether something is stapled to it. */
  async function meets(): Promise<{ readonly serial: string; readonly stapled: boolean }> {
    const socket = connect({ port: port('door'), host: '127.0.0.1', rejectUnauthorized: false, requestOCSP: true })
    let stapled = false
    socket.on('OCSPResponse', (bytes: Buffer | null) => void (stapled = bytes !== null))
    await once(socket, 'secureConnect')
    const serial = socket.getPeerCertificate().serialNumber
    socket.destroy()
    return { serial, stapled }
  }

  test('staple what is found while they run', async () => {
    await both(meets, ({ stapled }) => !stapled)
    put(leaf('rsa').ocsp, staple)
    await both(meets, ({ stapled }) => stapled)
  })

  test('serve a certificate that has changed, without the staple of the other one', async () => {
    const { serial: before } = await meets()
    put(leaf('must-staple').key, key)
    put(leaf('must-staple').chain, chain)
    await both(meets, ({ serial, stapled }) => serial !== before && !stapled)
    put(leaf('must-staple').ocsp, staple)
    await both(meets, ({ serial, stapled }) => serial !== before && stapled)
  })

  test('remember together whose TLS was refused, and forget it together', async () => {
    const [first = 0, second = 0] = workers()
    await alone(first, async () => {
      const old = await Talker.to(port('mx'))
      await old.hears(SMTP.greeted)
      await old.asks(SMTP.starttls, SMTP.goAhead)
      old.say(clientHello(0x0301, [0x002f]))
      await old.isClosed()
    })
    const mail = async (): Promise<string> => {
      const plain = await Talker.to(port('mx'))
      await plain.hears(SMTP.greeted)
      await plain.asks('EHLO x\r\n', /250 [^\r]*\r\n$/)
      const said = await plain.asks('MAIL FROM:<a@example.org>\r\n', /\r\n/)
      plain.leave()
      return said
    }
    await both(mail, (said) => said.startsWith('550 5.7.10 '))
    await alone(second, async () => {
      const better = await Talker.to(port('mx'))
      await better.hears(SMTP.greeted)
      await better.asks(SMTP.starttls, SMTP.goAhead)
      await better.secure()
      await better.asks(...SMTP.ping)
      better.leave()
    })
    await both(mail, (said) => said.startsWith('250 '))
  })

  test('one that comes later serves and staples what the others do', async () => {
    const { serial: now } = await meets()
    const [first = 0] = workers()
    process.kill(first, 'SIGKILL')
    for (let tries = 0; tries < 200 && (workers().length < 2 || workers().includes(first)); tries += 1) await delay(30)
    const [, fresh = 0] = workers()
    assert.deepEqual(await alone(fresh, meets), { serial: now, stapled: true })
  })
})
