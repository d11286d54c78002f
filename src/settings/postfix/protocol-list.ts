import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'

const VERSIONS: readonly ProtocolName[] = PROTOCOLS.filter((protocol) => protocol !== 'SSLv2')
const HEX: Readonly<Record<string, ProtocolName>> = {
  '0300': 'SSLv3',
  '0301': 'TLSv1',
  '0302': 'TLSv1.1',
  '0303': 'TLSv1.2',
  '0304': 'TLSv1.3',
}

/**
 * The versions that a list such as `>=TLSv1.2, <=TLSv1.3` or `!SSLv3` leaves, postconf(5) smtpd_tls_mandatory_protocols. Bare names make
 * it a list of what is allowed. Undefined where Postfix takes the whole list for invalid. Bounds come with 3.6.
 */
export function parseProtocolList(list: string, bounds: boolean): readonly ProtocolName[] | undefined {
  const included: ProtocolName[] = []
  const excluded: ProtocolName[] = []
  let [floor, ceiling] = [0, PROTOCOLS.length - 1]
  for (const token of list.split(/[\s,:]+/).filter((one) => one !== '')) {
    const bound = bounds && /^[<>]=/.test(token)
    const version = versionOf(token.slice(bound ? 2 : Number(token.startsWith('!'))), bound)
    if (version === undefined) return undefined
    if (!bound) (token.startsWith('!') ? excluded : included).push(version)
    else if (token.startsWith('>')) floor = PROTOCOLS.indexOf(version)
    else ceiling = PROTOCOLS.indexOf(version)
  }
  return PROTOCOLS.filter((protocol, index) => {
    const named = included.length === 0 || included.includes(protocol)
    return named && !excluded.includes(protocol) && index >= floor && index <= ceiling
  })
}

function versionOf(name: string, bound: boolean): ProtocolName | undefined {
  const hex = bound ? HEX[/^(?:0x)?(\d{4})$/i.exec(name)?.[1] ?? ''] : undefined
  return hex ?? PROTOCOLS.find((protocol) => protocol.toLowerCase() === name.toLowerCase())
}

/** The list that means these versions: bounds where they can be told and there is no gap, else what is shut out. */
export function printProtocolList(wanted: readonly ProtocolName[], bounds: boolean): string {
  const indices = wanted.map((protocol) => VERSIONS.indexOf(protocol))
  const [low, high] = [Math.min(...indices), Math.max(...indices)]
  if (!bounds || high - low + 1 !== wanted.length) {
    return PROTOCOLS.filter((protocol) => !wanted.includes(protocol))
      .map((protocol) => `!${protocol}`)
      .join(', ')
  }
  const floor = `>=${VERSIONS[low] ?? 'TLSv1'}`
  return high === VERSIONS.length - 1 ? floor : `${floor}, <=${VERSIONS[high] ?? 'TLSv1.3'}`
}
