/** Where a domain wants its reports, RFC 8460 §3. */
export type ReportAddress = { readonly kind: 'https'; readonly url: string } | { readonly kind: 'mail'; readonly address: string }

/** More has nobody a use for. */
const MOST = 10

const LOCAL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/
const DOMAIN = /^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/i

/** What the TXT records at `_smtp._tls` say; nothing where there is not exactly one record of this kind. Of schemes that nobody knows nothing is given. */
export function readReportAddresses(texts: readonly string[]): readonly ReportAddress[] {
  const ours = texts.filter((text) => /^v=TLSRPTv1[ \t]*;/.test(text))
  const [only] = ours
  if (only === undefined || ours.length > 1) return []
  const rua = only.split(';').flatMap((field) => /^[ \t]*rua[ \t]*=(.*)$/s.exec(field)?.[1] ?? [])[0] ?? ''
  return rua
    .split(',')
    .flatMap((uri) => addressOf(uri.trim()))
    .slice(0, MOST)
}

function addressOf(uri: string): readonly ReportAddress[] {
  if (/^https:/i.test(uri)) {
    const url = URL.parse(uri)
    return url === null || url.username !== '' || url.hostname === '' ? [] : [{ kind: 'https', url: url.href }]
  }
  const [, encoded = ''] = /^mailto:([^?]+)/i.exec(uri) ?? []
  const [, local = '', domain = ''] = /^(.*)@([^@]*)$/s.exec(unescaped(encoded)) ?? []
  return LOCAL.test(local) && DOMAIN.test(domain) ? [{ kind: 'mail', address: `${local}@${domain}` }] : []
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
