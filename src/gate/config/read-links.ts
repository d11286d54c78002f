import { resolve } from 'node:path'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { LinkedConfig, LinksConfig, ServiceConfig } from './config.ts'
import type { BackendFile, GateFile, ServiceFile } from './config-file.ts'
import { placeOf, type Place } from './places.ts'

type Refuse = (problem: YamlProblem) => PosternError

const FOLDER = 'links'

/** Where links come from and go to. `folder`: that of the configuration. */
export function readLinks({ links = {} }: GateFile, folder: string, refuse: Refuse): LinksConfig {
  const { listen, gates = {} } = links
  if (listen === undefined && links.folder !== undefined)
    throw refuse({
      path: ['links', 'folder'],
      what: 'folder is for a gate to which insides come',
      remedy: 'Write listen: :7443 beside it, or leave it out.',
    })
  const place = listen === undefined ? undefined : placeOf(listen)
  return {
    door: place === undefined ? undefined : { place, folder: resolve(folder, links.folder ?? FOLDER) },
    gates: Object.entries(gates).map(([name, file]) => ({ name, file: resolve(folder, file) })),
  }
}

/** Where a service listens: at a place of its own, or at the far end of a link. `path`: of the service. */
export function listenOf(
  service: Pick<ServiceFile, 'listen' | 'dialect' | 'acceptProxy'>,
  { gates = {} }: NonNullable<GateFile['links']>,
  path: readonly string[],
  refuse: Refuse,
): Pick<ServiceConfig, 'listen' | 'link'> {
  const { listen, dialect, acceptProxy } = service
  if (typeof listen === 'string') return { listen: placeOf(listen) ?? NOWHERE }
  const names = Object.keys(gates)
  if (!names.includes(listen.link))
    throw refuse({
      path: [...path, 'listen', 'link'],
      what: `there is no link "${listen.link}"`,
      remedy:
        names.length > 0 ? `Use one of ${names.join(', ')}.` : `Name its file: links: { gates: { ${listen.link}: ${listen.link}.link } }.`,
    })
  if (acceptProxy !== undefined)
    throw refuse({
      path: [...path, 'acceptProxy'],
      what: 'over a link it is the gate that says whose a connection is',
      remedy: 'Leave it out.',
    })
  refuseData(dialect, [...path, 'dialect'], refuse)
  return { listen: NOWHERE, link: listen.link }
}

/** The inside behind a service; undefined where the server is at an address. `path`: of the backend. */
export function linkedOf(
  { address, link, service }: BackendFile,
  of: {
    readonly service: string
    readonly dialect: string
    readonly hasDoor: boolean
    readonly path: readonly string[]
    readonly refuse: Refuse
  },
): LinkedConfig | undefined {
  const { path, refuse } = of
  const word = address === undefined ? undefined : link !== undefined ? 'link' : service !== undefined ? 'service' : undefined
  if (word !== undefined)
    throw refuse({ path: [...path, word], what: `${word} is for a server behind a link`, remedy: 'Leave out address, or the other.' })
  if (address !== undefined) return undefined
  if (link === undefined)
    throw refuse({ path, what: 'it has neither an address nor a link', remedy: 'Write address: HOST:PORT, or link: NAME of an inside.' })
  if (!of.hasDoor)
    throw refuse({
      path: [...path, 'link'],
      what: 'no inside can open a link to this gate',
      remedy: 'Say where they come: links: { listen: ":7443" }.',
    })
  refuseData(of.dialect, [...path, 'link'], refuse)
  return { insides: [link].flat(), service: service ?? of.service }
}

/** For what comes over a link, and for servers behind one. */
export const NOWHERE: Place = { host: '', port: 0 }

function refuseData(dialect: string, path: readonly string[], refuse: Refuse): void {
  if (dialect !== 'ftp') return
  throw refuse({
    path,
    what: 'FTP has connections beside the first, which no link carries',
    remedy: 'Let the gate reach the server at an address.',
  })
}
