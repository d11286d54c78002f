import type { KeyType, Policy } from '../../policy/index.ts'
import type { HandshakeCertificate, HandshakeServer } from '../../policy/negotiate/index.ts'
import { groupByName } from '../../registry/index.ts'
import type { Offer } from '../../wire/index.ts'
import { outcomeOf, serverOf } from '../verdict.ts'
import type { LoadedIdentity } from './identities.ts'
import type { NodeContext } from './node-options.ts'

/** One end of handshakes by a policy, as a context carries it out, with these certificates. */
export function handshakeServer(policy: Policy, { spoken }: NodeContext, pairs: LoadedIdentity['pairs']): HandshakeServer {
  const { protocols, suites, groups, signatureSchemes, dh } = spoken
  const carriedOut: Policy = {
    ...policy,
    protocols: { ...policy.protocols, allowed: protocols },
    suites: suites.map(({ iana }) => iana),
    groups: groups.map(({ name }) => name),
    signatureSchemes,
  }
  return serverOf(carriedOut, pairs.map(handshakeCertificate), dh?.bits)
}

function handshakeCertificate({ leaf, keyType }: LoadedIdentity['pairs'][number]): HandshakeCertificate {
  const { namedCurve, modulusLength } = leaf.publicKey.asymmetricKeyDetails ?? {}
  const curve = namedCurve === undefined ? undefined : groupByName(namedCurve)
  return { keyType, keyBits: modulusLength ?? curve?.bits ?? 0, ...(curve === undefined ? {} : { curve: curve.name }) }
}

/** The kind of key whose certificate OpenSSL chooses for a client; undefined where it chooses none. */
export function chosenKeyType(offer: Offer, server: HandshakeServer): KeyType | undefined {
  const outcome = outcomeOf(offer, server)
  return outcome.agreed ? outcome.certificate?.keyType : undefined
}
