import type { RelayOptions } from '../relay.ts'
import { withoutBound } from './channel-binding.ts'
import { FOR_THE_GATE, LOGINS, REQUIRETLS } from './smtp-command.ts'
import type { SmtpReply } from './smtp-reply.ts'

/**
 * The server's answer to EHLO or LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1) as the client may see it: STARTTLS is announced where TLS is to be had and
 * has not begun, REQUIRETLS where it has (RFC 8689 §2), and nothing that is for the gate alone. What is kept stays as it is, but for the sign behind the code, which says whether a
 * line is the last. Latin1.
 */
export function rewriteHello({ code, lines }: SmtpReply, options: Pick<RelayOptions, 'tls' | 'hidesLogin'>, secure: boolean): string {
  if (code !== '250') return lines.join('')
  const starttls = (options.tls === 'offered' || options.tls === 'required') && !secure
  const hidden = [...FOR_THE_GATE, ...(secure ? [] : [REQUIRETLS]), ...(options.hidesLogin && !secure ? LOGINS : [])]
  const [greeting = '', ...rest] = lines
  const kept = rest
    .filter((line) => !hidden.includes(keyword(line)))
    .flatMap((line) => (LOGINS.includes(keyword(line)) ? showLogin(line) : [line]))
  const all = [greeting, ...(starttls ? ['250-STARTTLS\r\n'] : []), ...kept]
  return all.map((line, index) => withSign(line, index < all.length - 1 ? '-' : ' ')).join('')
}

/** RFC 4954 §3. Where all mechanisms are bound to the TLS of the server there is no way to log in. */
function showLogin(line: string): readonly string[] {
  const [, before = '', names = '', end = ''] = /^(\d{3}[ -]AUTH[ =])(.*?)(\s*)$/is.exec(line) ?? []
  const shown = withoutBound(names)
  if (shown === names) return [line]
  return shown === '' ? [] : [before + shown + end]
}

/** Whether a keyword is among the lines. */
export function announces(lines: readonly string[], wanted: string): boolean {
  return lines.slice(1).some((line) => keyword(line) === wanted)
}

/** `AUTH=LOGIN` is an old spelling of `AUTH LOGIN`: the keyword ends before the sign. */
function keyword(line: string): string {
  return /^\d{3}[ -]?[ \t]*([A-Za-z0-9-]*)/.exec(line)?.[1]?.toUpperCase() ?? ''
}

/** `250` alone is the last line too, RFC 5321 §4.2. */
function withSign(line: string, sign: '-' | ' '): string {
  const code = line.slice(0, 3)
  if (/^[ -]/.test(line.slice(3))) return code + sign + line.slice(4)
  return sign === ' ' ? line : code + sign + line.slice(3)
}
