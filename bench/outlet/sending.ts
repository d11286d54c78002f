import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LogTail } from '../../test/gate/outlet/log-tail.ts'
import { startPeer, type Peer } from '../../test/peers/index.ts'

/** What Debian's master.cf has beside the services of a Postfix that receives. */
const SERVICES = [
  'smtp unix - - n - 20 smtp',
  'scache unix - - n - 1 scache',
  'tlsproxy unix - - n - 0 tlsproxy',
  'showq unix n - n - - showq',
  'discard unix - - n - - discard',
]

/** A Postfix that takes mail for everybody and keeps none. */
export function startReceiving(): Promise<Peer<'postfix'>> {
  return startPeer('postfix', { main: 'default_transport = discard\nrelay_transport = discard\n', services: services() })
}

/** A Postfix that holds what it is given until it is told to send it. */
export class Sending {
  readonly #peer: Peer<'postfix'>
  readonly #log: LogTail
  #sent = 0

  private constructor(peer: Peer<'postfix'>) {
    this.#peer = peer
    this.#log = new LogTail(join(peer.folder, 'mail.log'))
  }

  /** `to`: a port of this machine. `main`: lines of main.cf. Caches are as Debian's main.cf has them. */
  static async start(to: number, main: readonly string[]): Promise<Sending> {
    const own = [
      `relayhost = [127.0.0.1]:${to}`,
      'smtpd_client_restrictions = check_client_access static:HOLD',
      'smtp_tls_session_cache_database = btree:$data_directory/smtp_scache',
      ...main,
      '',
    ]
    return new Sending(await startPeer('postfix', { main: own.join('\n'), services: services() }))
  }

  /** Seconds until so many messages are sent that were in its queue at the beginning. */
  async sends(messages: number): Promise<number> {
    const words = ['-s', '10', '-m', String(messages), '-l', '4096', '-f', 'a@example.org', '-t', 'b@example.com']
    const source = spawn('/usr/sbin/smtp-source', [...words, `127.0.0.1:${this.#peer.doors.smtp}`], { stdio: 'inherit' })
    await once(source, 'close')
    const due = this.#count() + messages
    const began = performance.now()
    const etc = join(this.#peer.folder, 'etc')
    execFileSync('/usr/sbin/postsuper', ['-c', etc, '-H', 'ALL'], { stdio: 'ignore' })
    execFileSync('/usr/sbin/postqueue', ['-c', etc, '-f'], { stdio: 'ignore' })
    while (this.#count() < due) await delay(20)
    return (performance.now() - began) / 1000
  }

  stop(): Promise<void> {
    return this.#peer.stop()
  }

  /** Messages that it has sent so far. */
  #count(): number {
    this.#sent += this.#log.lines().filter((line) => line.includes('status=sent')).length
    return this.#sent
  }
}

function services(): string {
  return SERVICES.map((line) => `${line}\n`).join('')
}
