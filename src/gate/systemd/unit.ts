import { dirname, sep } from 'node:path'
import type { GateConfig, ServiceConfig } from '../config/config.ts'
import { placeText } from '../config/places.ts'

export interface UnitOptions {
  /** What starts Postern: a program and its words. */
  readonly program: readonly string[]
  /** The configuration, as an absolute path, and what is said of it. */
  readonly words: readonly string[]
  readonly config: Pick<GateConfig, 'services' | 'links' | 'metrics'>
  /** The command that runs it, which names the unit. */
  readonly runs: 'gate' | 'link'
  /** systemd listens for the services, and hands over what it has. */
  readonly sockets: boolean
}

/** Ports below it are for whoever has a capability. */
const FREE_PORTS = 1024

/** A unit of systemd for a gate, and one for each socket, in files that say their names. */
export function printUnit(options: UnitOptions): string {
  const sockets = handedOver(options).map((service) => printSocket(unitName(options), service))
  return [printService(options), ...sockets].join('\n')
}

/** What a configuration writes to beyond what a unit lets it: paths of which nothing is kept, or nothing can be renewed. */
export function beyondUnit(options: Pick<UnitOptions, 'config' | 'runs'>): readonly string[] {
  const { services, links } = options.config
  const folder = stateFolder(unitName(options))
  const states = services.flatMap(({ outlet }) => (outlet?.state === undefined ? [] : [outlet.state]))
  const written = [...states, ...(links.door === undefined ? [] : [links.door.folder])]
  // What is renewed is written beside it first.
  const renewed = links.gates.filter(({ file }) => !isIn(folder, dirname(file)))
  return [...written.filter((path) => !isIn(folder, path)), ...renewed.map(({ file }) => file)]
}

/** Where the unit's user may write. */
export function stateFolder(name: string): string {
  return `/var/lib/${name}`
}

/** The unit's name; those of its sockets begin with it. */
export function unitName({ runs }: Pick<UnitOptions, 'runs'>): string {
  return `postern-${runs}`
}

/** Those that come over a link have no socket. */
function handedOver({ config, sockets }: UnitOptions): readonly ServiceConfig[] {
  return sockets ? config.services.filter(({ link }) => link === undefined) : []
}

/** Whether it listens where not everybody may. */
function needsCapability({ config, sockets }: UnitOptions): boolean {
  const { services, links, metrics } = config
  const others = [links.door?.place, metrics].some((place) => place !== undefined && place.port < FREE_PORTS)
  return others || (!sockets && services.some(({ link }) => link === undefined))
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

function printService(options: UnitOptions): string {
  const { program, words, runs } = options
  const name = unitName(options)
  const runtime = runs === 'gate' ? 'postern' : name
  const postern = program.map(quoted).join(' ')
  const capability = needsCapability(options) ? 'CAP_NET_BIND_SERVICE' : ''
  const units = handedOver(options).map((service) => socketUnit(name, service.name))
  const requires = units.map((unit) => `Requires=${unit}\nAfter=${unit}\n`).join('')
  return `# /etc/systemd/system/${name}.service
[Unit]
Description=Postern ${runs}
Wants=network-online.target
After=network-online.target
${requires}
[Service]
Type=notify
# It is systemd-notify that tells how the gate is, a process of its own.
NotifyAccess=all
ExecStart=${postern} ${runs} run ${words.map(quoted).join(' ')}
# Waits, and fails where the new configuration is wrong: the old one stays.
ExecReload=${postern} gate reload --admin %t/${runtime}/gate.sock
Restart=on-failure
RestartSec=1
WatchdogSec=30
TimeoutStopSec=40
KillMode=mixed
LimitNOFILE=262144

${ownUser(name, runtime)}
${lockedUp(program, capability)}
[Install]
WantedBy=multi-user.target
`
}

/** Who it is, and where that one may write. */
function ownUser(name: string, runtime: string): string {
  return `# Nobody's user, made for it. What it has to read must be readable for others or for a group, as keys are for that of Debian's ssl-cert:
DynamicUser=yes
#SupplementaryGroups=ssl-cert
# A key that only root can read is handed over, and then named /run/credentials/${name}.service/mail.key in the configuration; changes of it are seen at the next start alone:
#LoadCredential=mail.key:/etc/ssl/private/mail.key
RuntimeDirectory=${runtime}
RuntimeDirectoryMode=0700
# The one folder that it may write to: state of outlets, folder of links, files of gates.
StateDirectory=${name}
StateDirectoryMode=0700
UMask=0077
`
}

/** It sees and may do what it needs, and no more. */
function lockedUp(program: readonly string[], capability: string): string {
  // A program in somebody's home could not be started without.
  const home = program.some((word) => /^\/(?:home|root)\//.test(word)) ? 'read-only' : 'yes'
  return `CapabilityBoundingSet=${capability}
AmbientCapabilities=${capability}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=${home}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# V8 makes machine code while it runs.
MemoryDenyWriteExecute=no
`
}

function printSocket(unit: string, { name, listen }: ServiceConfig): string {
  return `# /etc/systemd/system/${socketUnit(unit, name)}
[Unit]
Description=${name.replaceAll('%', '%%')} of Postern

[Socket]
ListenStream=${listen.host === '' ? listen.port : placeText(listen)}
BindIPv6Only=both
NoDelay=yes
Backlog=4096
FileDescriptorName=${name}
Service=${unit}.service

[Install]
WantedBy=sockets.target
`
}

/** Signs that a name of a unit may not have are left out: the name of the service stands in the file. */
function socketUnit(unit: string, service: string): string {
  return `${unit}-${service.replaceAll(/[^\w.-]+/g, '-')}.socket`
}

/** As systemd.syntax(7) and systemd.service(5) want it: a word in quotes, in which `%` and `$` mean themselves. */
function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`
}
