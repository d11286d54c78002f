import { u8, vector } from './bytes.ts'
import { extensionBytes } from './connection.ts'
import { Extension, Group, SSL3, TLS13 } from './numbers.ts'
import { ask, groupsExtension, hello, hello13, schemesExtension, serverHelloOf, type Answer } from './raw-client.ts'
import { KNOWN_SUITES } from './suites.ts'

/** The plainest way to the truth, for self-tests: one hello after the other, each without what was chosen before. */

const CURVES = [
  Group.x25519,
  Group.secp256r1,
  Group.secp384r1,
  Group.secp521r1,
  Group.x448,
  Group.brainpoolP256r1,
  Group.secp256k1,
  Group.secp224r1,
  Group.secp192r1,
  Group.sect283k1,
]
const FFDHE = [Group.ffdhe2048, Group.ffdhe3072]
const HYBRIDS = [Group.x25519mlkem768, Group.secp256r1mlkem768]
export const SCHEMES: readonly number[] = [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0402, 0x0201, 0x0202, 0x0203, 0x0403]
export const SUITES13: readonly number[] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]
/** Every suite that a server of the list can have. */
export const CANDIDATES: readonly number[] = [...KNOWN_SUITES, 0xfeff, 0xfefe, 0x1234, 0xff85]

export interface Asked {
  readonly suites: readonly number[]
  readonly ffdhe?: boolean
  readonly groups?: readonly number[]
  readonly more?: readonly Buffer[]
  readonly compressions?: readonly number[]
}

/** One hello that offers these suites in one version and leaves nothing else to be desired. */
export function offer(version: number, asked: Asked): Buffer {
  const modern = version === TLS13
  const groups = asked.groups ?? [...CURVES, ...(asked.ffdhe || modern ? FFDHE : []), ...(modern ? HYBRIDS : [])]
  if (modern) return hello13({ suites: asked.suites, groups, more: asked.more ?? [] })
  const { suites, compressions = [0] } = asked
  if (version === SSL3) return hello({ version, recordVersion: SSL3, suites: [...suites, 0x00ff], compressions, extensions: undefined })
  const extensions = [groupsExtension(...groups), schemesExtension(...SCHEMES), renegotiation, formats, ...(asked.more ?? [])]
  return hello({ version, suites, compressions, extensions })
}

const renegotiation = extensionBytes(Extension.renegotiationInfo, vector(1))
const formats = extensionBytes(Extension.ecPointFormats, vector(1, u8(0)))

/** Asks and closes. */
export async function once(port: number, bytes: Buffer, ms?: number): Promise<Answer> {
  const answer = await ask(port, bytes, ms)
  answer.client.close()
  return answer
}

/** The suites that one version answers with, in the order in which the server parts with them. */
export async function walkSuites(port: number, version: number, more: Omit<Asked, 'suites'> = {}, ms?: number): Promise<number[]> {
  const found: number[] = []
  let left = version === TLS13 ? SUITES13 : CANDIDATES
  for (;;) {
    const answer = left.length > 0 ? await once(port, offer(version, { ...more, suites: left }), ms) : undefined
    if (answer?.kind !== 'messages') return found
    const { suite, version: got } = serverHelloOf(answer)
    if (!left.includes(suite)) throw new Error(`the server chose ${suite}, which was not offered`)
    if (got !== version) return found
    found.push(suite)
    left = left.filter((one) => one !== suite)
  }
}

/** The groups of one version for these suites, in the server's order. */
export async function walkGroups(
  port: number,
  version: number,
  suites: readonly number[],
  candidates: readonly number[],
): Promise<number[]> {
  const found: number[] = []
  let left = candidates
  while (left.length > 0) {
    const answer = await once(port, offer(version, { suites, groups: left }))
    if (answer.kind !== 'messages') return found
    const group = version === TLS13 ? serverHelloOf(answer).extensions.get(Extension.keyShare)!.readUInt16BE() : keyExchangeGroup(answer)
    found.push(group)
    left = left.filter((one) => one !== group)
  }
  return found
}

/** The named curve of ServerKeyExchange. */
export function keyExchangeGroup(answer: Answer): number {
  const message = answer.messages.find((one) => one[0] === 12)
  return message?.readUInt16BE(5) ?? 0
}
