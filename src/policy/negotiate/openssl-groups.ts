import type { NamedGroup } from '../../registry/index.ts'
import type { Hello } from './hello.ts'
import type { OpensslServer } from './openssl-server.ts'

interface Chosen {
  readonly group: NamedGroup
  readonly retried: boolean
}

/** The group of TLS 1.3, with or without a HelloRetryRequest. */
export function opensslTls13Group(prepared: OpensslServer, hello: Hello): Chosen | undefined {
  return prepared.level.generation === '3.5' ? byTuples(prepared, hello) : byShares(prepared, hello)
}

/** Up to 3.4 the first share that will do wins, whatever the server prefers. */
function byShares({ groups, level }: OpensslServer, hello: Hello): Chosen | undefined {
  // 1.1.1 does not ask whether TLS 1.3 has the group.
  const fits = (group: NamedGroup): boolean => group.tls13 || level.generation === '1.1.1'
  const share = hello.keyShares.find((group) => fits(group) && groups.includes(group))
  if (share !== undefined) return { group: share, retried: false }
  const wanted = groups.find((group) => fits(group) && hello.groups?.includes(group) === true)
  return wanted === undefined ? undefined : { group: wanted, retried: true }
}

/** Since 3.5 a tuple is left only when the client knows none of its groups. */
function byTuples({ server, tuples }: OpensslServer, hello: Hello): Chosen | undefined {
  const theirs = hello.groups ?? []
  const first = (tuple: readonly NamedGroup[], candidates: readonly NamedGroup[]): NamedGroup | undefined => {
    const [order, others] = server.order === 'server' ? [tuple, candidates] : [candidates, tuple]
    return order.find((group) => group.tls13 && others.includes(group))
  }
  for (const tuple of tuples) {
    const share = first(tuple, hello.keyShares)
    if (share !== undefined) return { group: share, retried: false }
    const wanted = first(tuple, theirs)
    if (wanted !== undefined) return { group: wanted, retried: true }
  }
  return undefined
}
