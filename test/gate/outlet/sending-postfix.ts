import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startPeer } from '../../peers/index.ts'
import { LogTail } from './log-tail.ts'

/** What the sender has heard of one message. */
export interface HeardOf {
  /** It was told that the message is taken. */
  readonly isSent: boolean
  /** Attempts of which it does not know whether the message was taken: RFC 1047. */
  readonly unheard: number
  /** It was told that the message never will be. */
  readonly isReturned: boolean
}

/** A Postfix with a queue, which sends to a smart host. */
export interface SendingPostfix {
  readonly port: number
  /** Messages of which it was told that they are taken. */
  readonly sent: () => number
  /** By what their Message-ID is called. */
  readonly heard: () => ReadonlyMap<string, HeardOf>
  /** Messages that it still has. */
  readonly waiting: () => number
  readonly stop: () => Promise<void>
}

/** A Postfix logs this where the dot was said, and where it was answered with a refusal. */
const BEHIND_THE_DOT = /sending end of data|in reply to end of DATA/

/** It tries again after seconds, where Postfix usually takes minutes. */
export async function startSendingPostfix(smartHost: number): Promise<SendingPostfix> {
  const main = [
    `relayhost = [127.0.0.1]:${smartHost}`,
    'smtp_tls_security_level = none',
    'queue_run_delay = 1s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\ntransport_retry_time = 1s',
    'enable_long_queue_ids = yes\nlocal_header_rewrite_clients =\nin_flow_delay = 0',
    '',
  ]
  const services = 'smtp unix - - n - 20 smtp\nscache unix - - n - 1 scache\n'
  const peer = await startPeer('postfix', { main: main.join('\n'), services })
  const queues = ['incoming', 'active', 'deferred'].map((queue) => join(peer.folder, 'spool', queue))
  const hearing = new Hearing(new LogTail(join(peer.folder, 'mail.log')))
  return {
    port: peer.doors.smtp,
    heard: () => hearing.all(),
    sent: () => [...hearing.all().values()].filter(({ isSent }) => isSent).length,
    waiting: () =>
      queues.flatMap((queue) => readdirSync(queue, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).length,
    stop: peer.stop,
  }
}

/** What Postfix has heard of its messages, by what it says in its log. */
class Hearing {
  readonly #log: LogTail
  /** By the name that Postfix has for a message. */
  readonly #names = new Map<string, string>()
  readonly #found = new Map<string, HeardOf>()

  constructor(log: LogTail) {
    this.#log = log
  }

  all(): ReadonlyMap<string, HeardOf> {
    for (const line of this.#log.lines()) this.#read(line)
    return this.#found
  }

  #read(line: string): void {
    const [, named, name] = / (\w+): message-id=<([^@>]*)@/.exec(line) ?? []
    if (named !== undefined && name !== undefined) this.#names.set(named, name)
    const [, queued = '', status, words = ''] = / (\w+): to=<[^>]*>.* status=(\w+) \((.*)\)$/.exec(line) ?? []
    const id = this.#names.get(queued)
    if (id === undefined || status === undefined) return
    const { isSent = false, unheard = 0, isReturned = false } = this.#found.get(id) ?? {}
    this.#found.set(id, {
      isSent: isSent || status === 'sent',
      unheard: unheard + (status === 'deferred' && BEHIND_THE_DOT.test(words) ? 1 : 0),
      isReturned: isReturned || status === 'bounced',
    })
  }
}
