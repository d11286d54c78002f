import type { ServiceConfig } from '../config/config.ts'
import { placeText } from '../config/places.ts'

export interface UnitOptions {
  /** What starts Postern: a program and its words. */
  readonly program: readonly string[]
  /** The configuration, as an absolute path. */
  readonly file: string
  /** systemd listens for these, and hands over what it has. */
  readonly sockets: readonly ServiceConfig[]
}

/** The unit's name; those of its sockets begin with it. */
const NAME = 'postern-gate'

/** A unit of systemd for a gate, and one for each socket, in files that say their names. */
export function printUnit(options: UnitOptions): string {
  const sockets = options.sockets.map((service) => printSocket(service))
  return [printService(options), ...sockets].join('\n')
}

function printService({ program, file, sockets }: UnitOptions): string {
  const postern = program.map(quoted).join(' ')
  const capability = sockets.length > 0 ? '' : 'CAP_NET_BIND_SERVICE'
  const requires = sockets.map(({ name }) => `Requires=${socketUnit(name)}\nAfter=${socketUnit(name)}\n`).join('')
  return `# /etc/systemd/system/${NAME}.service
[Unit]
Description=Postern gate
Wants=network-online.target
After=network-online.target
${requires}
[Service]
Type=notify
# It is systemd-notify that tells how the gate is, a process of its own.
NotifyAccess=all
ExecStart=${postern} gate run ${quoted(file)}
# Waits, and fails where the new configuration is wrong: the old one stays.
ExecReload=${postern} gate reload --admin %t/postern/gate.sock
Restart=on-failure
RestartSec=1
WatchdogSec=30
TimeoutStopSec=40
KillMode=mixed
LimitNOFILE=262144

# Nobody's user, made for it. What it has to read must be readable for others or for a group, as keys are for that of Debian's ssl-cert:
DynamicUser=yes
#SupplementaryGroups=ssl-cert
# A key that only root can read is handed over, and then named /run/credentials/${NAME}.service/mail.key in the configuration; changes of it are seen at the next start alone:
#LoadCredential=mail.key:/etc/ssl/private/mail.key
RuntimeDirectory=postern
RuntimeDirectoryMode=0700
# For outlets, as state: /var/lib/${NAME}
StateDirectory=${NAME}
StateDirectoryMode=0700
UMask=0077

${lockedUp(program, capability)}
[Install]
WantedBy=multi-user.target
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

function printSocket({ name, listen }: ServiceConfig): string {
  return `# /etc/systemd/system/${socketUnit(name)}
[Unit]
Description=${name.replaceAll('%', '%%')} of Postern gate

[Socket]
ListenStream=${listen.host === '' ? listen.port : placeText(listen)}
BindIPv6Only=both
NoDelay=yes
Backlog=4096
FileDescriptorName=${name}
Service=${NAME}.service

[Install]
WantedBy=sockets.target
`
}

/** Signs that a name of a unit may not have are left out: the name of the service stands in the file. */
function socketUnit(service: string): string {
  return `${NAME}-${service.replaceAll(/[^\w.-]+/g, '-')}.socket`
}

/** As systemd.syntax(7) and systemd.service(5) want it: a word in quotes, in which `%` and `$` mean themselves. */
function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`
}
