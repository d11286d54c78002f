import { PosternError } from '../../errors.ts'
import type { Policy } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import { parseTarget } from '../target.ts'
import { judgeOffer, questionsFor, type Taken } from './offer.ts'
import { Receiver, type Heard } from './receiver.ts'

export interface ReceiveOptions {
  /** Milliseconds for each connection. */
  readonly patience: number
  /** Makes the client connect; without it, it is waited for. */
  readonly connect?: (() => Promise<void>) | undefined
  /** Nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined
}

/** Whether a client keeps to a policy, as far as its hellos show. */
export interface Received {
  readonly keeps: 'yes' | 'no' | 'unknown'
  /** What does not, or is not known, in sentences. */
  readonly why: readonly string[]
}

/**
 * Listens where a client is made to connect, and compares what it offers with a policy. Up to TLS 1.2 a hello names the newest version
 * alone, so that for each forbidden one a further connection is answered with it. Who it is that connects is for the caller to see to.
 * Errors: `TARGET_SYNTAX`, `RECEIVE_TARGET` (`input`), `RECEIVE_LISTEN` (`world`).
 */
export async function receive(target: string, policy: Policy, options: ReceiveOptions): Promise<Received> {
  const { host, port, starttls } = receivePlace(target)
  const receiver = await Receiver.listen(host, port, starttls)
  try {
    const first = await hear(receiver, undefined, options)
    if (first === undefined) return { keeps: 'unknown', why: [`Nobody asked for TLS at ${target} within ${options.patience / 1000} s.`] }
    const taken = new Map<ProtocolName, Taken>()
    for (const question of questionsFor(first.offer, policy)) {
      taken.set(question.protocol, (await hear(receiver, question, options))?.taken ?? 'unknown')
    }
    return judgeOffer(first.offer, taken, policy)
  } finally {
    receiver.close()
  }
}

/** Errors: `TARGET_SYNTAX`, `RECEIVE_TARGET`, both `input`. */
export function receivePlace(text: string): { readonly host: string; readonly port: number; readonly starttls: boolean } {
  const [target, ...others] = parseTarget(text)
  if (target?.kind !== 'door' || others.length > 0 || (target.tls === 'starttls' && target.dialect.name !== 'smtp')) {
    throw new PosternError('input', 'RECEIVE_TARGET', `Cannot listen as ${text}: only SMTP and TLS from the start are spoken there`, {
      remedy: 'Write an address of this machine and a port, such as smtp://127.0.0.1:2525 or tls://127.0.0.1:4433.',
    })
  }
  return { host: target.host, port: target.port, starttls: target.tls === 'starttls' }
}

async function hear(
  receiver: Receiver,
  question: Parameters<Receiver['hear']>[0],
  { patience, connect, signal }: ReceiveOptions,
): Promise<Heard | undefined> {
  const heard = receiver.hear(question, patience, signal)
  if (signal?.aborted !== true) await connect?.()
  return heard
}
