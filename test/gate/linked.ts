import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { joinGate } from '../../src/gate/links/enrolment.ts'
import { InsideList } from '../../src/gate/links/inside-list.ts'
import { writeLinkFile } from '../../src/gate/links/link-file.ts'
import { startGate, type Gated, type Words } from './gated.ts'

/** A gate to which insides come. */
export interface Linked extends Gated {
  readonly list: InsideList
  /** Where insides come. */
  readonly door: string
  /** Invites an inside and lets it join. Gives the path of its file. `gate`: where it finds the gate, if not at its door. */
  readonly join: (name: string, gate?: string) => Promise<string>
  /** A gate inside, whose services say `listen: { link: edge }` by themselves. */
  readonly inside: (file: string, services: Words['services'], more?: Readonly<Record<string, unknown>>) => Promise<Gated>
  /** Waits until so many links stand. */
  readonly stand: (count: number) => Promise<void>
}

/** Starts it; it ends with the test. Its services have `backend: { link: office }` where they say nothing else. */
export async function startLinked(services: Words['services'], t: Pick<TestContext, 'after'>): Promise<Linked> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-links-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const linked = Object.entries(services).map(([name, service]) => [name, { backend: { link: 'office' }, ...service }] as const)
  const gated = await startGate(
    { links: { listen: '127.0.0.1:0', folder: join(folder, 'links') }, services: Object.fromEntries(linked) },
    t,
  )
  const list = await InsideList.open(join(folder, 'links'), () => new Date())
  const door = `127.0.0.1:${gated.gate.linkPlace?.port ?? 0}`
  return {
    ...gated,
    list,
    door,
    join: async (name, gate = door) => {
      const secret = await list.invite(name, new Date(Date.now() + 60_000))
      const file = join(folder, `${name}.link`)
      await writeLinkFile(file, await joinGate({ gate, pin: await list.pin(), name, secret }, new Date()))
      return file
    },
    inside: (file, some, more = {}) =>
      startGate(
        {
          links: { gates: { edge: file } },
          services: Object.fromEntries(Object.entries(some).map(([name, one]) => [name, { listen: { link: 'edge' }, ...one }])),
          ...more,
        },
        t,
      ),
    stand: async (count) => {
      while (gated.gate.links.length !== count) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}
