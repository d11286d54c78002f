/**
 * Pages `docs/in-front-of/*.md`, whose configurations are run as they stand there. What is changed in them: each port becomes a free one, services
 * listen on loopback, and certificate and key are made for the test. Nothing else is, but what a test says itself.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeAuthority, makeServerCertificate } from '../../../src/cli/demo/certificate.ts'
import { readGate } from '../../../src/cli/gate-settings.ts'
import { Gate, type GateConfig } from '../../../src/gate/index.ts'
import { type, type Ended } from '../../cli-session.ts'
import { freePort } from '../../peers/free-port.ts'

const HOST = 'mail.example.com'
const GATE_FILE = 'postern.yaml'

/** Which configuration of the page: the file, and of several with the same name the place of it. */
interface Which {
  /** Settings that have `postern.yaml` beside them, and are written already. */
  readonly settings?: string
  readonly nth?: number
}

export interface PageGate {
  readonly port: (service: string) => number
  /** Has it read its files again, as SIGHUP does. */
  readonly reload: () => Promise<void>
}

export class Page {
  readonly #text: string
  readonly #folder: string
  readonly #ports: ReadonlyMap<string, number>

  private constructor(text: string, folder: string, ports: ReadonlyMap<string, number>) {
    this.#text = text
    this.#folder = folder
    this.#ports = ports
  }

  static async open(name: string, t: Pick<TestContext, 'after'>): Promise<Page> {
    const text = readFileSync(new URL(`../../../docs/in-front-of/${name}`, import.meta.url), 'utf8')
    const folder = mkdtempSync(join(tmpdir(), 'postern-page-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const ports = new Map<string, number>()
    for (const [port] of text.matchAll(PORT)) if (!ports.has(port)) ports.set(port, await freePort())
    const now = new Date()
    const authority = makeAuthority('Page', 'P-256', now)
    const { privateKey, pem } = makeServerCertificate(HOST, 'RSA-2048', authority, now)
    writeFileSync(join(folder, 'root.pem'), authority.pem)
    writeFileSync(join(folder, 'mail.pem'), pem)
    writeFileSync(join(folder, 'mail.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    return new Page(text, folder, ports)
  }

  get folder(): string {
    return this.#folder
  }

  /** The port that stands for the one of the page. */
  port(written: number): number {
    const port = this.#ports.get(String(written))
    if (port === undefined) throw new Error(`${written} is no port of the page`)
    return port
  }

  /** The code behind a line that names a file and ends in a colon; of several such, the one at the place `nth`. */
  block(file: string, nth = 0): string {
    const found = [...this.#text.matchAll(/`([^`\n]+)`[^`\n]*:\n\n```\w*\n([^]*?)```/g)].filter(([, name]) => name === file)
    const code = found[nth]?.[2]
    if (code === undefined) throw new Error(`The page has no code for ${file} at place ${nth}`)
    const files = code.replaceAll('/etc/ssl/mail', join(this.#folder, 'mail'))
    return files.replaceAll(/listen: :(\d+)|\b1\d{4}\b/g, (whole, listens?: string) => {
      const port = this.#ports.get(listens ?? whole)
      return listens === undefined ? String(port) : `listen: 127.0.0.1:${port}`
    })
  }

  /** Writes the code for a file into the folder, under its own name, and gives its path. */
  write(file: string, nth = 0): string {
    const path = join(this.#folder, file)
    writeFileSync(path, this.block(file, nth))
    return path
  }

  /** `postern gate check`. */
  check({ nth = 0, settings }: Which = {}): Promise<Ended> {
    return type(['gate', 'check', settings ?? this.write(GATE_FILE, nth)], { cwd: this.#folder })
  }

  /** It has nothing to say, of relaying neither. */
  async checksFine(): Promise<void> {
    const { status, out, err } = await this.check()
    assert.equal(status, 0, out + err)
    assert.match(out, /^Fine\.$/m)
    assert.doesNotMatch(out, /open relay/)
  }

  /** What `postern gate run` runs. `elsewhere`: on ports that no other gate of the page has. */
  async gate(
    t: Pick<TestContext, 'after'>,
    { nth = 0, settings, elsewhere = false }: Which & { readonly elsewhere?: boolean } = {},
  ): Promise<PageGate> {
    const file = this.write(GATE_FILE, nth)
    if (elsewhere) writeFileSync(file, this.block(GATE_FILE, nth).replaceAll(/(?<=listen: 127\.0\.0\.1:)\d+/g, '0'))
    const read = (): Promise<GateConfig> => this.#read(settings ?? file)
    const gate = await Gate.open(await read(), { log: () => undefined, name: HOST, now: () => new Date() })
    t.after(() => gate.close(0))
    return {
      port: (service) => gate.services.find(({ name }) => name === service)?.place.port ?? 0,
      reload: async () => gate.reload(await read(), 0),
    }
  }

  /** What every page calls tightening: `stage: observe` becomes `refuse`, and the gate reads it again. */
  async tighten(gate: PageGate, nth = 0): Promise<void> {
    writeFileSync(join(this.#folder, GATE_FILE), this.block(GATE_FILE, nth).replaceAll('stage: observe', 'stage: refuse'))
    await gate.reload()
  }

  /** The command `postern prove` of the page. */
  async prove(): Promise<Ended> {
    const [, line] = /^ {4}postern (prove .*)$/m.exec(this.#text) ?? []
    if (line === undefined) throw new Error('The page has no command postern prove')
    const places: string[] = []
    const words = line.replaceAll(new RegExp(`([\\w-]+)://${HOST}(?::(\\d+))?`, 'g'), (_, scheme: string, written?: string) => {
      const port = this.port(Number(written ?? USUAL_PORTS[scheme]))
      places.push('--resolve', `${HOST}:${port}:127.0.0.1`)
      return `${scheme}://${HOST}:${port}`
    })
    return type([...words.split(' '), ...places, '--ca', join(this.#folder, 'root.pem')])
  }

  async #read(file: string): Promise<GateConfig> {
    const quiet = {
      out: () => undefined,
      err: () => undefined,
      interactive: false,
      colour: false,
      columns: 100,
      cwd: this.#folder,
      env: {},
    }
    return (await readGate(file, { name: [] }, quiet, new Date())).config
  }
}

/** Ports of servers behind have five digits in the pages, so that nothing else looks like them. */
const PORT = /(?<=listen: :)\d+|\b1\d{4}\b/g

const USUAL_PORTS: Readonly<Record<string, number>> = {
  smtp: 25,
  submission: 587,
  smtps: 465,
  imap: 143,
  imaps: 993,
  pop3: 110,
  pop3s: 995,
  sieve: 4190,
  https: 443,
  xmpp: 5222,
  xmpps: 5223,
  'xmpp-server': 5269,
}
