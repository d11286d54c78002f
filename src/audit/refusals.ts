import { PosternError } from '../errors.ts'
import { alertDescription } from '../registry/index.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import { turnsAway } from './turned-away.ts'

/** What is said of doors that refuse every hello: nothing that was refused there was refused for its own sake. */

const UNRECOGNIZED_NAME = alertDescription.code('unrecognized_name')

/** `alert unrecognized_name`, as `describeAnswer()` puts it. */
export const NAME_REFUSAL: string = describeAnswer({
  kind: 'alert',
  level: 2,
  description: UNRECOGNIZED_NAME,
  bytes: new Uint8Array(0),
})

/** `alert protocol_version`, as `describeAnswer()` puts it. */
export const REFUSED_VERSION: string = describeAnswer({
  kind: 'alert',
  level: 2,
  description: alertDescription.code('protocol_version'),
  bytes: new Uint8Array(0),
})

/** The server ended the handshake because of the name in the hello, or because there was none, RFC 6066 §3: it said nothing of the rest. */
export function refusesName(answer: Answer): boolean {
  return answer.kind === 'alert' && answer.description === UNRECOGNIZED_NAME
}

/**
 * The server knows no client by this name. `serverName`: what the hellos named, if they did; `servesNameless`: a hello without a
 * name was answered.
 */
export function nameRefused(serverName: string | undefined, { servesNameless }: { readonly servesNameless: boolean }): PosternError {
  const message =
    serverName === undefined
      ? 'Cannot audit the server without a name: it serves only clients that name it'
      : `Cannot audit the server by the name ${JSON.stringify(serverName)}: the server does not know it`
  const without = servesNameless ? ' Clients that name no server are served too: audit them by address, without --sni.' : ''
  return new PosternError('peer', 'NAME_NOT_SERVED', message, { remedy: `Audit it by a name that it serves: --sni NAME.${without}` })
}

/** No hello of any version came to anything. `answers`: what they were met with, in words. */
export function noHandshake(answers: readonly string[]): PosternError {
  return new PosternError('peer', 'NO_HANDSHAKE', `Cannot come to a handshake: no hello was accepted (${answers.join('; ')})`, {
    remedy:
      'Ask by a name that the server serves (--sni NAME), and look into its log: it may have no certificate that fits its suites, or turn this address away.',
  })
}

/** Of what a server says that speaks no TLS, so much is shown. */
const MOST_SHOWN = 60

/** Every hello was answered with something that is not TLS. `answer`: one of those answers. */
export function notTls(answer: Answer | undefined): PosternError {
  const heard = Buffer.from(answer?.bytes ?? []).toString('latin1')
  const shown = JSON.stringify(heard.slice(0, MOST_SHOWN)).replaceAll(
    /[^ -~]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  const why = heard === '' && answer?.kind === 'not-tls' ? answer.why : `it says ${shown}${heard.length > MOST_SHOWN ? ' …' : ''}`
  const later = answer !== undefined && turnsAway(answer.bytes) ? 'Try again later: it may be too busy. If it is not, check' : 'Check'
  return new PosternError('peer', 'NOT_TLS', `Cannot speak TLS with the server: ${why}`, {
    remedy: `${later} the port, and whether TLS has to be asked for there: name the protocol, such as smtp://host:port.`,
  })
}
