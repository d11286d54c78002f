import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Dialler } from '../../src/gate/links/dialler.ts'
import { joinGate } from '../../src/gate/links/enrolment.ts'
import { InsideList } from '../../src/gate/links/inside-list.ts'
import { LinkDoor } from '../../src/gate/links/link-door.ts'
import { writeLinkFile } from '../../src/gate/links/link-file.ts'
import { LinkPool } from '../../src/gate/links/link-pool.ts'
import type { LivenessTimes } from '../../src/gate/links/liveness.ts'
import { Offers, type Offer } from '../../src/gate/links/offers.ts'
import { buildRoad, type Road } from './road.ts'

/** Both ends of links, without gates around them, and a road between. */
export interface LinkEnds {
  readonly folder: string
  readonly list: InsideList
  readonly pool: LinkPool
  readonly door: LinkDoor
  readonly road: Road
  readonly offers: Offers
  /** What insides have said of their links. */
  readonly told: string[]
  /** Invites an inside, and has it join over the road. Gives the path of its file. */
  readonly join: (name: string, now?: Date) => Promise<string>
  readonly dial: (file: string, now?: () => Date) => Dialler
  /** Opens a stream to the service `echo` of `office`, or to another. */
  readonly reach: (service?: string) => Promise<Duplex>
  /** Waits until so many links stand; fails when that takes longer than so many milliseconds. */
  readonly stand: (count: number, patience?: number) => Promise<void>
}

export interface EndsOptions {
  readonly liveness?: LivenessTimes
  readonly processes?: number
  /** The clock of the gate. */
  readonly now?: () => Date
}

/** Says everything back. */
export const ECHO: Offer = {
  meet: (client, _facts, answer) => {
    answer(true)
    client.pipe(client)
  },
}

/** Links are quick to give up here: no test waits for what takes a quarter of a minute in life. */
export const QUICK: LivenessTimes = { look: 40, looks: 5 }

export async function startEnds(t: Pick<TestContext, 'after'>, options: EndsOptions = {}): Promise<LinkEnds> {
  const { liveness, processes = 1, now = (): Date => new Date() } = options
  const folder = mkdtempSync(join(tmpdir(), 'postern-link-ends-'))
  const pool = new LinkPool()
  const offers = new Offers()
  offers.add('edge', 'echo', ECHO)
  const config = { place: { host: '127.0.0.1', port: 0 }, folder: join(folder, 'links') }
  const door = await LinkDoor.open(config, {
    process: { id: 'one', count: processes },
    pool,
    now,
    ...(liveness === undefined ? {} : { liveness }),
  })
  const road = await buildRoad(door.place.port, t)
  const list = await InsideList.open(config.folder, now)
  const diallers: Dialler[] = []
  const told: string[] = []
  t.after(async () => {
    await Promise.all(diallers.map((one) => one.close(0)))
    door.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    list,
    pool,
    door,
    road,
    offers,
    told,
    join: async (name, at = new Date()) => {
      const secret = await list.invite(name, new Date(now().getTime() + 60_000))
      const file = join(folder, `${name}.link`)
      await writeLinkFile(file, await joinGate({ gate: road.place, pin: await list.pin(), name, secret }, at))
      return file
    },
    dial: (file, clock = () => new Date()) => {
      const dialler = new Dialler({
        link: 'edge',
        file,
        offers,
        now: clock,
        random: () => 0,
        tell: (sentence) => void told.push(sentence),
        ...(liveness === undefined ? {} : { liveness }),
      })
      diallers.push(dialler)
      return dialler
    },
    reach: (service = 'echo') => pool.reach(['office'], service, undefined, 5000),
    stand: async (count, patience = 10_000) => {
      const end = performance.now() + patience
      while (pool.links.length !== count) {
        if (performance.now() > end) throw new Error(`${pool.links.length} links stand in place of ${count}: ${told.join(' ')}`)
        await delay(5)
      }
    },
  }
}

/** Says something over a stream and waits until it has come back. */
export async function echoed(stream: Duplex, text: string): Promise<void> {
  let heard = ''
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      stream.off('data', hear)
      stream.off('close', gone)
    }
    const gone = (): void => reject(new Error(`closed in place of ${text}`))
    const hear = (bytes: Buffer): void => {
      heard += bytes.toString()
      if (heard.length < text.length) return
      end()
      resolve()
    }
    stream.on('data', hear)
    stream.on('close', gone)
    stream.write(text)
  })
}

/** Why a stream ends that is not ended on purpose: fails when it does not within so many milliseconds. */
export async function broken(stream: Duplex, patience = 5000): Promise<string> {
  stream.resume()
  const end = performance.now() + patience
  while (!stream.destroyed) {
    if (performance.now() > end) throw new Error('it is still there')
    await delay(5)
  }
  return stream.errored?.message ?? 'closed without an error'
}

/** Waits until a connection is no more, by an end or by a reset. */
export async function gone(socket: Duplex): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => void socket.once('close', resolve))
}

/** A server that says everything back. Gives its address. */
export async function echoServer(t: Pick<TestContext, 'after'>): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
