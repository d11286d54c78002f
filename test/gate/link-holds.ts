/**
 * A gate and an inside, a process each, a network between them, and clients by the thousand, while whatever can go wrong does: the inside and the gate are
 * killed, the network is cut, slow, or passes nothing on and tells nobody. Every octet is compared, nobody may hang, and who comes while no inside is there is
 * told so at once. `npm run verify:link -- [--clients 2000] [--rounds 3] [--seed WORD]`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { joinGate } from '../../src/gate/links/enrolment.ts'
import { InsideList } from '../../src/gate/links/inside-list.ts'
import { writeLinkFile } from '../../src/gate/links/link-file.ts'
import { freePort } from '../peers/free-port.ts'
import { runGateFile, type GateProcess } from './gate-process.ts'
import { EchoClient, greeting, startServers, type Servers } from './link-clients.ts'
import { buildRoad, type Road } from './road.ts'

export interface LinkOutcome {
  /** Clients that were there at once, each with a stream. */
  readonly atOnce: number
  readonly served: number
  /** Clients that were parted from their server, and knew it. */
  readonly ended: number
  /** The longest of each, in milliseconds: until all who were there knew of a trouble, until a client heard that nobody is there, until one was served again. */
  readonly longest: Readonly<Record<'known' | 'told' | 'back', number>>
  /** What must not be, in words. */
  readonly wrong: readonly string[]
}

export const TROUBLES = ['inside killed', 'gate killed', 'network cut', 'network silent', 'network slow, inside killed', 'flood'] as const
export type TroubleName = (typeof TROUBLES)[number]

export interface LinkTrial {
  readonly clients: number
  /** How often each trouble comes. */
  readonly rounds: number
  readonly seed: string
  /** Which of them come. */
  readonly troubles: readonly TroubleName[]
  readonly tell: (sentence: string) => void
}

/** Nothing hangs longer, in milliseconds: 20 seconds until a link is given up, and what a busy machine adds. */
const MOST_KNOWN_MS = 30_000
/** Of a machine that does much else. */
const AT_ONCE_MS = 3000
/** The longest pause between two attempts, one that fails, and the half second for which a server is known to be down. */
const MOST_BACK_MS = 45_000
/** Milliseconds that a slow network takes, each way. */
const SLOW_MS = 100
/** In each, one client opens a hundred connections. */
const FLOOD_ROUNDS = 10
const LIMITS = { connections: 20_000, perClient: 200 }

/** The two processes and what is between. */
class Scene {
  readonly #folder = mkdtempSync(join(tmpdir(), 'postern-link-holds-'))
  readonly #ends: (() => void)[] = []
  readonly #door: number
  readonly #ports: { readonly echo: number; readonly imap: number }
  readonly servers: Servers
  #gate: GateProcess | undefined
  #inside: GateProcess | undefined
  #road: Road | undefined

  private constructor(servers: Servers, door: number, ports: { readonly echo: number; readonly imap: number }) {
    this.servers = servers
    this.#door = door
    this.#ports = ports
  }

  static async begin(): Promise<Scene> {
    const scene = new Scene(await startServers(), await freePort(), { echo: await freePort(), imap: await freePort() })
    await scene.#prepare()
    return scene
  }

  get ports(): { readonly echo: number; readonly imap: number } {
    return this.#ports
  }

  get road(): Road {
    if (this.#road === undefined) throw new Error('there is no road yet')
    return this.#road
  }

  async #prepare(): Promise<void> {
    this.#road = await buildRoad(this.#door, { after: (end: () => void) => void this.#ends.push(end) })
    const common = { workers: 1, admin: false, log: 'none', limits: LIMITS }
    const usual = { tls: 'none', policy: 'mozilla-intermediate' }
    const at = (port: number): string => `127.0.0.1:${port}`
    const outside = {
      echo: { ...usual, dialect: 'tcp', listen: at(this.#ports.echo), backend: { link: 'office' } },
      imap: { ...usual, dialect: 'imap', hideLogin: false, listen: at(this.#ports.imap), backend: { link: 'office' } },
    }
    this.#write('gate.yaml', { ...common, links: { listen: at(this.#door), folder: 'links' }, services: outside })
    const within = {
      echo: { ...usual, dialect: 'tcp', listen: { link: 'edge' }, backend: this.servers.echo },
      imap: { ...usual, dialect: 'tcp', listen: { link: 'edge' }, backend: this.servers.imap },
    }
    this.#write('inside.yaml', { ...common, links: { gates: { edge: 'edge.link' } }, services: within })
    await this.startGate()
    const list = await InsideList.open(join(this.#folder, 'links'), () => new Date())
    const secret = await list.invite('office', new Date(Date.now() + 60_000))
    const file = await joinGate({ gate: this.road.place, pin: await list.pin(), name: 'office', secret }, new Date())
    await writeLinkFile(join(this.#folder, 'edge.link'), file)
    await this.startInside()
  }

  #write(name: string, words: unknown): void {
    writeFileSync(join(this.#folder, name), stringify(words))
  }

  async startGate(): Promise<void> {
    this.#gate = await runGateFile(join(this.#folder, 'gate.yaml'), 2)
  }

  /** The inside has no port: it has begun when it has said anything. */
  async startInside(): Promise<void> {
    this.#inside = await runGateFile(join(this.#folder, 'inside.yaml'), 0)
  }

  async killInside(): Promise<void> {
    await this.#inside?.end()
  }

  async killGate(): Promise<void> {
    await this.#gate?.end()
  }

  async close(): Promise<void> {
    await this.killInside()
    await this.killGate()
    for (const end of this.#ends) end()
    this.servers.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** How a trouble comes, and how it goes. */
interface Ways {
  readonly before?: () => void
  readonly happens: () => Promise<void> | void
  readonly mends: () => Promise<void> | void
  readonly after?: () => void
}

/** One run. */
class Trial {
  readonly #scene: Scene
  readonly #trial: LinkTrial
  readonly wrong: string[] = []
  readonly #longest = { known: 0, told: 0, back: 0 }
  readonly #there = new Set<EchoClient>()
  #atOnce = 0
  #came = 0
  readonly #became = { served: 0, ended: 0 }

  constructor(scene: Scene, trial: LinkTrial) {
    this.#scene = scene
    this.#trial = trial
  }

  get outcome(): LinkOutcome {
    const { known, told, back } = this.#longest
    const longest = { known: Math.round(known), told: Math.round(told), back: Math.round(back) }
    return { atOnce: this.#atOnce, ...this.#became, longest, wrong: this.wrong.slice(0, 20) }
  }

  #come(at: number): EchoClient {
    const client = new EchoClient(this.#scene.ports.echo, `${this.#trial.seed} ${this.#came++}`, at, this.wrong)
    this.#there.add(client)
    void client.over.then((became) => {
      this.#there.delete(client)
      this.#became[became] += 1
    })
    return client
  }

  /** All are there at once before any goes on. Nothing goes wrong: all have to be served. */
  async together(): Promise<void> {
    const { clients, tell } = this.#trial
    const all: EchoClient[] = []
    while (all.length < clients) {
      const some = Array.from({ length: Math.min(100, clients - all.length) }, (_, index) => this.#come(all.length + index))
      await Promise.all(some.map(({ begun }) => begun))
      all.push(...some)
    }
    this.#atOnce = this.#scene.servers.connections()
    if (this.#atOnce !== clients) this.wrong.push(`${this.#atOnce} of ${clients} clients have a server at once`)
    for (const client of all) client.goOn()
    const ended = (await Promise.all(all.map(({ over }) => over))).filter((became) => became === 'ended').length
    if (ended > 0) this.wrong.push(`${ended} clients were parted from their server, and nothing had gone wrong`)
    tell(`${clients} clients at once: served`)
  }

  /** Comes again and again until `signal`, from one place of many. */
  async #keepComing(at: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = this.#come(at)
      await client.begun
      client.goOn()
      // Whoever is turned away does not come again at once.
      if ((await client.over) === 'ended') await delay(200, undefined, { signal }).catch(() => undefined)
    }
  }

  async round(): Promise<void> {
    for (const trouble of this.#trial.troubles) {
      if (trouble === 'flood') await this.#flood()
      else await this.#trouble(trouble, this.#ways(trouble))
      this.#trial.tell(`${trouble}: ${JSON.stringify(this.outcome)}`)
    }
  }

  #ways(trouble: Exclude<TroubleName, 'flood'>): Ways {
    const { road } = this.#scene
    const inside = { happens: () => this.#scene.killInside(), mends: () => this.#scene.startInside() }
    switch (trouble) {
      case 'inside killed':
        return inside
      case 'gate killed':
        return { happens: () => this.#scene.killGate(), mends: () => this.#scene.startGate() }
      case 'network cut':
        return { happens: () => road.cut(), mends: () => undefined }
      case 'network silent':
        // What was lost on the way is lost: connections of before cannot go on.
        return { happens: () => road.stop(), mends: () => (road.go(), road.cut()) }
      case 'network slow, inside killed':
        return { ...inside, before: () => road.delay(SLOW_MS), after: () => road.delay(0) }
    }
  }

  /** Does something while clients come and go, and looks that nobody stays who was there when it happened. */
  async #trouble(title: TroubleName, { before, happens, mends, after }: Ways): Promise<void> {
    before?.()
    const stop = new AbortController()
    const count = Math.ceil(this.#trial.clients / 10)
    const coming = Array.from({ length: count }, (_, at) => this.#keepComing(at, stop.signal))
    await delay(500)
    const there = [...this.#there].filter(({ isServed }) => isServed)
    const begun = performance.now()
    await happens()
    await this.#allKnow(title, there, begun)
    await this.#isTold(title)
    const mended = performance.now()
    await mends()
    await this.#isBack(title, mended)
    await delay(500)
    stop.abort()
    await Promise.race([Promise.all(coming), delay(MOST_KNOWN_MS)])
    if (this.#there.size > 0) this.wrong.push(`${title}: ${this.#there.size} clients hang behind it`)
    after?.()
  }

  async #allKnow(title: string, there: readonly EchoClient[], begun: number): Promise<void> {
    while (there.some(({ isOver }) => !isOver) && performance.now() - begun < MOST_KNOWN_MS) await delay(20)
    const left = there.filter(({ isOver }) => !isOver).length
    if (left > 0) this.wrong.push(`${title}: ${left} clients do not know of it after half a minute`)
    this.#note('known', begun)
  }

  /** Who comes now is told at once. Where the gate itself is gone nobody can tell. */
  async #isTold(title: string): Promise<void> {
    const { words, after } = await greeting(this.#scene.ports.imap, MOST_KNOWN_MS)
    if (title.startsWith('gate') || words.startsWith('* OK')) return
    if (!words.startsWith('* BYE')) this.wrong.push(`${title}: a client that comes then hears ${JSON.stringify(words)}`)
    if (after > AT_ONCE_MS) this.wrong.push(`${title}: a client waits ${Math.round(after)} ms for * BYE`)
    this.#longest.told = Math.max(this.#longest.told, after)
  }

  async #isBack(title: string, mended: number): Promise<void> {
    for (;;) {
      const { words } = await greeting(this.#scene.ports.imap, AT_ONCE_MS)
      if (words.startsWith('* OK')) return this.#note('back', mended)
      if (performance.now() - mended > MOST_BACK_MS) return void this.wrong.push(`${title}: nobody is served behind it`)
      await delay(50)
    }
  }

  #note(what: keyof LinkOutcome['longest'], since: number): void {
    this.#longest[what] = Math.max(this.#longest[what], performance.now() - since)
  }

  /** One client opens and resets as fast as it can, and holds what it may: the others are served as before. */
  async #flood(): Promise<void> {
    const stop = new AbortController()
    const coming = Array.from({ length: 20 }, (_, at) => this.#keepComing(at, stop.signal))
    const ended = this.#became.ended
    // All of them come from one address that no other client has.
    const from = 100 * 150
    const flood = { wrong: [] as string[], port: this.#scene.ports.echo }
    const held: EchoClient[] = []
    for (let round = 0; round < FLOOD_ROUNDS; round++) {
      const some = Array.from({ length: 100 }, (_, index) => new EchoClient(flood.port, `flood ${round} ${index}`, from, flood.wrong))
      await Promise.race([Promise.all(some.map(({ begun }) => begun)), delay(1000)])
      if (round % 2 === 0) for (const client of some) client.break()
      else held.push(...some)
    }
    const { words, after } = await greeting(this.#scene.ports.imap, AT_ONCE_MS)
    if (!words.startsWith('* OK')) this.wrong.push(`flood: a client beside it hears ${JSON.stringify(words)} after ${Math.round(after)} ms`)
    const kept = held.filter(({ isOver }) => !isOver).length
    if (kept > LIMITS.perClient) this.wrong.push(`flood: one client has ${kept} connections`)
    for (const client of held) client.break()
    stop.abort()
    await Promise.all(coming)
    if (this.#became.ended > ended) this.wrong.push(`flood: ${this.#became.ended - ended} clients beside it were parted from their server`)
    this.wrong.push(...flood.wrong)
  }
}

/** Never rejects for what goes wrong with the link: that is in what it gives. */
export async function holdLink(given: LinkTrial): Promise<LinkOutcome> {
  const scene = await Scene.begin()
  try {
    const trial = new Trial(scene, given)
    while (!(await greeting(scene.ports.imap, AT_ONCE_MS)).words.startsWith('* OK')) await delay(50)
    await trial.together()
    for (let round = 0; round < given.rounds; round++) await trial.round()
    return trial.outcome
  } finally {
    await scene.close()
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(Date.now()) },
    },
  })
  const tell = (sentence: string): void => void process.stderr.write(`${sentence}\n`)
  const { seed } = values
  const outcome = await holdLink({ clients: Number(values.clients), rounds: Number(values.rounds), seed, troubles: TROUBLES, tell })
  process.stdout.write(`${JSON.stringify({ seed, ...outcome }, null, 2)}\n`)
  process.exitCode = outcome.wrong.length === 0 ? 0 : 1
}
