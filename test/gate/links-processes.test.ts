import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { joinGate } from '../../src/gate/links/enrolment.ts'
import { InsideList } from '../../src/gate/links/inside-list.ts'
import { writeLinkFile } from '../../src/gate/links/link-file.ts'
import { freePort } from '../peers/free-port.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'
import { startGate } from './gated.ts'
import { echoServer, startEnds, echoed } from './link-ends.ts'
import { buildRoad, type Road } from './road.ts'
import { Talker } from './talker.ts'

/** Writes some words of a gate's configuration anew, or takes them out, and has it read. */
async function become(gate: GateProcess, words: Readonly<Record<string, unknown>>): Promise<void> {
  const config = { ...(parse(readFileSync(gate.file, 'utf8')) as Record<string, unknown>), ...words }
  writeFileSync(gate.file, stringify(Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))))
  await gate.reload()
}

/** A gate of several processes, and an inside that has joined it. */
async function linked(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-link-processes-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [door, port] = [await freePort(), await freePort()]
  const behind = await echoServer(t)
  const service = (backend: unknown) => ({
    plain: { listen: `127.0.0.1:${port}`, dialect: 'tcp', tls: 'none', policy: 'mozilla-intermediate', backend },
  })
  const links = { listen: `127.0.0.1:${door}`, folder: join(folder, 'links') }
  const gate = await runGateProcess({ workers: 2, admin: false, limits: { perClient: 1000 }, services: service(behind) })
  t.after(gate.end)
  const road = await buildRoad(door, t)
  const list = await InsideList.open(links.folder, () => new Date())
  const openInside = async () => {
    const secret = await list.invite('office', new Date(Date.now() + 60_000))
    const file = join(folder, 'office.link')
    await writeLinkFile(file, await joinGate({ gate: road.place, pin: await list.pin(), name: 'office', secret }, new Date()))
    const plain = { listen: { link: 'edge' }, dialect: 'tcp', tls: 'none', backend: behind }
    return startGate({ links: { gates: { edge: file } }, services: { plain } }, t)
  }
  return { gate, links, road, openInside, port, overLink: service({ link: 'office' }), direct: service(behind) }
}

/** `looks`: so many in a row have to find it so. */
async function until(holds: () => boolean, what: string, looks = 1): Promise<void> {
  const end = performance.now() + 15_000
  for (let found = 0; found < looks; found = holds() ? found + 1 : 0) {
    assert.ok(performance.now() < end, what)
    await delay(10)
  }
}

/** Whoever comes to a process that has a link is sent away again: links are what stays. */
const standing = (road: Road, count: number): Promise<void> => until(() => road.connections() === count, `${count} links stand`, 20)

/** So many clients one after the other: whichever process takes them, each is served. */
async function served(port: number, clients: number): Promise<void> {
  for (let one = 0; one < clients; one += 1) {
    const client = await Talker.to(port)
    await client.asks('here', /here/)
    client.leave()
  }
}

describe('a gate with links that is told otherwise while it runs', () => {
  test('opens a door for insides, is more processes and fewer, and closes the door: nobody is turned away', async (t) => {
    const { gate, links, road, openInside, port, overLink, direct } = await linked(t)
    await become(gate, { links, services: overLink })
    await openInside()
    await standing(road, 2)
    const there = await Talker.to(port)
    await there.asks('a', /a/)

    await become(gate, { workers: 1 })
    await served(port, 5)
    await there.asks('b', /b/)
    there.leave()
    await standing(road, 1)
    await become(gate, { workers: 2 })
    await served(port, 20)
    await standing(road, 2)

    const last = await Talker.to(port)
    await last.asks('c', /c/)
    await become(gate, { links: undefined, services: direct })
    await served(port, 2)
    await last.asks('d', /d/)
    last.leave()
    assert.doesNotMatch(gate.told.join('\n'), /until the gate is started again|has died/)
  })

  test('a door that is left takes no new links, and leaves those who are there on theirs', async (t) => {
    const { join, dial, stand, reach, door, told } = await startEnds(t)
    dial(await join('office'))
    await stand(1)
    const there = await reach()
    await echoed(there, 'a')
    const left = door.leave(300)
    const another = await reach()
    await echoed(another, 'still in time')
    another.destroy()
    await stand(0)
    await assert.rejects(reach(), /no link stands/)
    await echoed(there, 'b')
    there.destroy()
    await left
    await until(() => told.some((line) => line.includes('does not stand')), 'nobody takes another')
  })
})
