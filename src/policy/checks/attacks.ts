import type { FindingId } from '../findings.ts'
import type { Posture } from '../posture.ts'
import { suiteIs } from '../suite-classes.ts'
import { both, either, not, opposite, type Known } from './fact.ts'
import { behaviour, type Check, type Observation } from './observation.ts'
import { BEFORE_TLS13, isOffered, offerOf } from './offers.ts'

/** Attacks that were tried, as far as they can be without harm. */
export const checkFlaws: Check = ({ posture: { flaws } }) => [
  ...attack('heartbleed', opposite(flaws.heartbleed), 'Heartbleed', 'a heartbeat that claims to be longer than it is is answered'),
  ...attack('ccs-injection', opposite(flaws.ccsInjection), 'ChangeCipherSpec injection', 'an early ChangeCipherSpec is accepted'),
  ...attack('ticketbleed', opposite(flaws.ticketbleed), 'Ticketbleed', 'a short session id comes back with foreign bytes'),
  ...attack('robot', opposite(flaws.robot), 'ROBOT', 'good and bad RSA padding are answered differently'),
  ...attack(
    'starttls-injection',
    opposite(flaws.starttlsInjection),
    'STARTTLS injection',
    'a command sent along with STARTTLS is carried out after it',
  ),
]

/** Attacks that follow from what is accepted. */
export const checkDerivedAttacks: Check = ({ posture }) => [
  ...attack('poodle', not(isOffered(offerOf(posture, ['SSLv3'], cbc))), 'POODLE', 'SSL 3.0 is offered with CBC suites'),
  ...attack('beast', not(beast(posture)), 'BEAST', 'TLS 1.0 or SSL 3.0 is offered with CBC suites and records are not split'),
  ...attack(
    'sweet32',
    not(accepts(posture, (suite) => suiteIs(suite, '64-bit-block'))),
    'SWEET32',
    'suites with 64-bit blocks are accepted',
  ),
  ...attack('freak', not(accepts(posture, (suite) => isExport(suite, 'static-rsa'))), 'FREAK', 'suites with RSA EXPORT keys are accepted'),
  ...attack('logjam', not(logjam(posture)), 'Logjam', 'Diffie-Hellman with 1024 bits or less is accepted'),
  ...attack('drown', not(posture.protocols.SSLv2.offered), 'DROWN', 'SSL 2.0 is offered'),
]

function attack(id: FindingId, safe: Known | 'not-applicable', name: string, because: string): readonly Observation[] {
  return behaviour(id, safe, {
    kept: `The server is not vulnerable to ${name}.`,
    broken: `The server is vulnerable to ${name}: ${because}.`,
    whether: `the server is vulnerable to ${name}`,
  })
}

function cbc(suite: string): boolean {
  return suiteIs(suite, 'cbc')
}

function isExport(suite: string, keyExchange: 'static-rsa' | 'dhe'): boolean {
  return suiteIs(suite, 'export') && suiteIs(suite, keyExchange)
}

function accepts(posture: Posture, matches: (suite: string) => boolean): Known {
  return isOffered(offerOf(posture, BEFORE_TLS13, matches))
}

function beast(posture: Posture): Known {
  const { recordSplitting } = posture.features
  const oldCbc = isOffered(offerOf(posture, ['SSLv3', 'TLSv1'], cbc))
  return both(oldCbc, not(recordSplitting === 'not-applicable' ? 'unknown' : recordSplitting))
}

/** The size that the authors of the attack hold to be within reach of states. */
const LOGJAM_BITS = 1024

function logjam(posture: Posture): Known {
  const { dh } = posture
  const small: Known =
    dh === null
      ? both(
          accepts(posture, (suite) => suiteIs(suite, 'dhe')),
          'unknown',
        )
      : [dh, ...dh.all].some(({ bits }) => bits <= LOGJAM_BITS)
  return either(
    accepts(posture, (suite) => isExport(suite, 'dhe')),
    small,
  )
}
