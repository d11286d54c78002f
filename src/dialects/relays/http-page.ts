import type { ClientOfRelay, Refusal } from '../relay.ts'
import type { Flaw } from './http-head.ts'

/** What stands on a page: a heading, and paragraphs. Plain text. */
interface Page {
  readonly status: number
  readonly heading: string
  readonly paragraphs: readonly string[]
}

/** RFC 9110 §15. */
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Request Timeout',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
}

/** Why a client may not go on. For its TLS that is 403: 426 would promise that it could change to another protocol on this connection, RFC 9110 §15.5.22. */
export function refusalPage({ words, temporary }: Refusal, client: ClientOfRelay | undefined): Page {
  if (temporary) return { status: 503, heading: 'Not now', paragraphs: [`${words}.`] }
  const { tls } = client ?? {}
  return {
    status: 403,
    heading: 'Your TLS is too weak for this server',
    paragraphs: [
      words,
      ...(tls === undefined
        ? []
        : [`This connection is in ${tls.version} with ${tls.suite}. Nothing that you sent over it was passed on.`]),
      'Use a newer program, bring this one up to date, or ask whoever runs this server.',
    ],
  }
}

export function flawPage({ status, why }: Flaw): Page {
  return { status, heading: 'This request cannot be passed on', paragraphs: [`It was refused because ${why}.`] }
}

/** `reached`: the server behind was there, and is gone. */
export function lostPage(reached: boolean): Page {
  return {
    status: reached ? 502 : 503,
    heading: reached ? 'The server behind did not answer' : 'The server behind cannot be reached',
    paragraphs: ['Try again in a moment. If it stays so, tell whoever runs this server.'],
  }
}

export const LATE_PAGE: Page = { status: 408, heading: 'This request took too long', paragraphs: ['Try again.'] }

/** A whole response, and the last on its connection: RFC 9112 §9.6. `isHead`: to HEAD, of which the page is left out. It loads nothing, and stands for itself. */
export function printPage({ status, heading, paragraphs }: Page, isHead: boolean): string {
  const body = [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escaped(heading)}</title>`,
    '<style>body{font:1rem/1.5 sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>',
    `<h1>${escaped(heading)}</h1>`,
    ...paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    '</html>',
    '',
  ].join('\n')
  const fields = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}`,
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
    ...(status === 503 ? ['Retry-After: 60'] : []),
    'Connection: close',
  ]
  return `${fields.join('\r\n')}\r\n\r\n${isHead ? '' : body}`
}

/** ASCII, so that a character is an octet. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']|[^\x20-\x7e]/g, (character) => `&#${character.codePointAt(0)};`)
}
