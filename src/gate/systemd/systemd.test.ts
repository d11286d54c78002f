import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GateConfig, ServiceConfig } from '../config/config.ts'
import { handedOver, withSockets } from './sockets.ts'
import { beyondUnit, printUnit, type UnitOptions } from './unit.ts'

describe('handedOver()', () => {
  const rows: readonly (readonly [why: string, env: Readonly<Record<string, string>>, expected: readonly (readonly [string, number])[]])[] =
    [
      ['the first is descriptor 3', { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'mx:imaps' }, [['mx', 3], ['imaps', 4]]], // prettier-ignore
      ['what has no name has none that fits', { LISTEN_PID: '7', LISTEN_FDS: '1' }, [['unknown', 3]]],
      ['those of another process are not ours', { LISTEN_PID: '8', LISTEN_FDS: '2' }, []],
      ['nothing is handed over where nobody says so', {}, []],
      ['a number that is none is none', { LISTEN_PID: '7', LISTEN_FDS: 'x' }, []],
    ]
  for (const [why, env, expected] of rows)
    test(why, () =>
      assert.deepEqual(
        handedOver(env, 7).map(({ name, fd }) => [name, fd]),
        expected,
      ),
    )
})

const service = (name: string, host: string, port: number): ServiceConfig => ({ name, listen: { host, port } }) as ServiceConfig

const configOf = (services: readonly ServiceConfig[]): UnitOptions['config'] => ({
  services,
  metrics: undefined,
  links: { door: undefined, gates: [] },
})

describe('withSockets()', () => {
  const config = { services: [service('mx', '', 25), service('imaps', '', 993)] } as unknown as GateConfig

  test('gives each service its own, and leaves the others as they are', () => {
    const { services } = withSockets(config, [{ name: 'imaps', fd: 3 }])
    assert.deepEqual(
      services.map(({ name, fd }) => [name, fd]),
      [
        ['mx', undefined],
        ['imaps', 3],
      ],
    )
  })

  const mistakes: readonly (readonly [why: string, sockets: ReturnType<typeof handedOver>, message: RegExp])[] = [
    ['a name that no service has', [{ name: 'pop3s', fd: 3 }], /"pop3s" .*: no service has that name$/],
    ['two of one name', [{ name: 'mx', fd: 3 }, { name: 'mx', fd: 4 }], /"mx" .*: there are two of them/], // prettier-ignore
  ]
  for (const [why, sockets, message] of mistakes) {
    test(`refuses ${why}`, () => assert.throws(() => withSockets(config, sockets), { code: 'GATE_SOCKET', message }))
  }
})

describe('printUnit()', () => {
  const unit = (program: readonly string[], file: string, sockets?: readonly ServiceConfig[]): string =>
    printUnit({
      program,
      words: [file],
      runs: 'gate',
      config: configOf(sockets ?? [service('mx', '', 25)]),
      sockets: sockets !== undefined,
    })
  const linked: ServiceConfig = { ...service('imaps', '', 0), link: 'edge' }
  const inside = (some: Partial<UnitOptions> = {}): string =>
    printUnit({ program: ['/p'], words: ['/f'], runs: 'link', config: configOf([linked]), sockets: false, ...some })
  const door = (port: number): UnitOptions['config'] => ({
    ...configOf([]),
    links: { door: { place: { host: '', port }, folder: '/f' }, gates: [] },
  })
  const rows: readonly (readonly [why: string, text: string, line: string])[] = [
    [
      'plain words stand as they are',
      unit(['/usr/bin/postern'], '/etc/postern.yaml'),
      'ExecStart=/usr/bin/postern gate run /etc/postern.yaml',
    ],
    [
      'what is said of settings is said again',
      inside({ words: ['/s.xml', '--product', 'tomcat'] }),
      'ExecStart=/p link run /s.xml --product tomcat',
    ],
    ['a blank takes quotes', unit(['/opt/my postern'], '/e/a"b.yaml'), 'ExecStart="/opt/my postern" gate run "/e/a\\"b.yaml"'],
    [
      'what systemd would put something for is doubled',
      unit(['/usr/bin/postern'], '/e/100%$HOME'),
      'ExecStart=/usr/bin/postern gate run /e/100%%$$HOME',
    ],
    ['low ports need a capability', unit(['/p'], '/f'), 'AmbientCapabilities=CAP_NET_BIND_SERVICE'],
    ['but not those that systemd listens on', unit(['/p'], '/f', [service('mx', '', 25)]), 'AmbientCapabilities='],
    ['those of a door for links, too', inside({ config: door(443), sockets: true }), 'AmbientCapabilities=CAP_NET_BIND_SERVICE'],
    ['which high ones do not', inside({ config: door(7443), sockets: true }), 'AmbientCapabilities='],
    ['who listens nowhere needs none', inside(), 'AmbientCapabilities='],
    ['an inside has a unit of its own', inside(), '# /etc/systemd/system/postern-link.service'],
    ['and a folder', inside(), 'StateDirectory=postern-link'],
    ['and is run as one', inside(), 'ExecStart=/p link run /f'],
    ['what is over a link has no socket', inside({ sockets: true }), 'After=network-online.target'],
    ['a program in a home is seen', unit(['/home/anne/postern'], '/f'), 'ProtectHome=read-only'],
    ['homes are not seen otherwise', unit(['/usr/bin/postern'], '/f'), 'ProtectHome=yes'],
    ['outlets have a folder that outlives a restart', unit(['/p'], '/f'), 'StateDirectory=postern-gate'],
    ['every address is a port alone', unit(['/p'], '/f', [service('mx', '', 25)]), 'ListenStream=25'],
    [
      'a name with a blank is none of a unit',
      unit(['/p'], '/f', [service('DMZ Gateway', '', 1)]),
      'Requires=postern-gate-DMZ-Gateway.socket',
    ],
    ['and hands over the one of the service', unit(['/p'], '/f', [service('DMZ Gateway', '', 1)]), 'FileDescriptorName=DMZ Gateway'],
  ]
  for (const [why, text, line] of rows) test(why, () => assert.ok(text.split('\n').includes(line), text))

  test('no socket is asked for that nobody could listen on', () => {
    assert.doesNotMatch(inside({ sockets: true }), /\.socket/)
  })

  test('what could not be written is told', () => {
    const outlet = (state: string): ServiceConfig => ({ ...service('out', '', 0), outlet: { state } }) as unknown as ServiceConfig
    const place = { host: '', port: 7443 }
    const config = {
      services: [outlet('/var/lib/postern-gate/state'), outlet('/var/lib/postern-gates')],
      links: { door: { place, folder: '/etc/postern/links' }, gates: [{ name: 'a', file: '/var/lib/postern-gate/a.link' }] },
    } as unknown as UnitOptions['config']
    assert.deepEqual(beyondUnit({ config, runs: 'gate' }), ['/var/lib/postern-gates', '/etc/postern/links'])
    assert.deepEqual(beyondUnit({ config, runs: 'link' }).at(-1), '/var/lib/postern-gate/a.link')
  })
})
