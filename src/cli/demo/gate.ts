import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Gate, readGateConfig } from '../../gate/index.ts'
import type { MailServerPorts } from './mail-server.ts'
import type { DemoServer } from './old-server.ts'

/** A gate in front of a server of the demo. */
export interface DemoGate {
  /** What the server behind is called: the gate has its certificate. */
  readonly name: string
  readonly ports: MailServerPorts
  /** Its configuration, as it was read. */
  readonly configuration: string
  readonly stop: () => Promise<void>
}

/** Who is in the middle of something when the demo ends has so long to finish, in milliseconds. */
const DRAIN_MS = 200

/** Puts a gate in front of a server, with a configuration as anybody would write it, and the server's own certificate. */
export async function startGate({ name, ports, identity }: DemoServer, now: () => Date): Promise<DemoGate> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-demo-gate-'))
  try {
    const configuration = configurationFor(ports)
    const file = join(folder, 'postern.yaml')
    writeFileSync(file, configuration)
    writeFileSync(join(folder, 'old.pem'), identity.cert)
    writeFileSync(join(folder, 'old.key'), identity.key, { mode: 0o600 })
    const gate = await Gate.open(await readGateConfig(file, now()), { name, now, log: () => {} })
    const port = (service: string): number => gate.services.find((one) => one.name === service)?.place.port ?? 0
    return { name, configuration, ports: { smtp: port('smtp'), https: port('https') }, stop: () => gate.close(DRAIN_MS) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Port 0: the system chooses one that is free. */
function configurationFor({ smtp, https }: MailServerPorts): string {
  return `identities:
  old: [{ certificate: old.pem, key: old.key }]
services:
  smtp:
    listen: 127.0.0.1:0
    dialect: smtp
    tls: starttls
    policy: mozilla-intermediate
    backend: 127.0.0.1:${smtp}
  https:
    listen: 127.0.0.1:0
    dialect: http
    tls: implicit
    policy: mozilla-intermediate
    backend: { address: 127.0.0.1:${https}, tls: implicit }
`
}
