import { closeBehind } from '../closing.ts'
import { stsAllows } from '../names/sts-policy.ts'
import { usableRecords } from '../names/tlsa.ts'
import type { Demand, HopCheck, HostAsked } from './demand.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import type { OpenHop } from './open-hop.ts'

/**
 * What a message with REQUIRETLS demands of a mail host beside what is demanded of it anyway, or why it must not have that message: its name has to be
 * vouched for by DNSSEC or MTA-STS, and its certificate to be right (RFC 8689 §4.2.1).
 */
export function requireTls(demand: Demand, { host, mail }: Pick<HostAsked, 'host' | 'mail'>): Demand | HopFailure {
  const unvouched = mail === undefined ? undefined : whyUnvouched(mail, host)
  if (unvouched !== undefined) return unvouched
  const { check } = demand
  const isChecked = check.kind === 'authority' || (check.kind === 'dane' && usableRecords(check.records).length > 0)
  const required: Demand = { ...demand, tls: 'require', keepsPolicy: true, requiresTls: true }
  if (isChecked) return required
  const byAuthority: HopCheck = { kind: 'authority', ca: undefined, name: host }
  return { ...required, check: byAuthority, by: 'REQUIRETLS of the message' }
}

/** Without MX records the name is that of the domain, which nobody else has given. What cannot be asked now is no answer: the message waits. */
function whyUnvouched({ domain, route, sts }: NonNullable<HostAsked['mail']>, host: string): HopFailure | undefined {
  if (route.secure || route.implicit) return undefined
  const unknown = sts.kind === 'unknown' ? sts.problem.words : sts.kind === 'none' ? sts.failed : undefined
  if (unknown !== undefined)
    return { said: `451 4.7.30 REQUIRETLS: whether MTA-STS has ${host} for the mail of ${domain} cannot be told now (${unknown})` }
  if (sts.kind === 'policy' && sts.policy.mode !== 'none' && stsAllows(sts.policy, host)) return undefined
  return { said: `550 5.7.30 REQUIRETLS: neither DNSSEC nor MTA-STS says that ${host} takes the mail of ${domain}` }
}

/** The next hop that a message with REQUIRETLS may go to, or why it may not; then it hears a good-bye, as RFC 8689 §4.2.1 wants. `title`: how it is called. */
export function forRequireTls(opened: OpenHop | HopFailure, title: string): OpenHop | HopFailure {
  if (isFailure(opened)) {
    // Another attempt is not for us to wait for: RFC 8689 §4.2.1.
    return opened.tls === undefined ? opened : { ...opened, said: `550 5.7.10 REQUIRETLS: ${opened.said.replace(/^\S+ \S+ /, '')}` }
  }
  if (opened.abilities.has('REQUIRETLS')) return opened
  opened.stream.write('QUIT\r\n')
  closeBehind(opened.stream)
  return { said: `550 5.7.30 REQUIRETLS: ${title} does not offer it` }
}
