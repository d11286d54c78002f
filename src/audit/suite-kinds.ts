import { suiteByCode } from '../registry/index.ts'

/** Which suites belong together when they are searched for. */

const USUAL_EXCHANGES: ReadonlySet<string> = new Set(['ECDHE', 'DHE', 'RSA'])
const USUAL_AUTHENTICATIONS: ReadonlySet<string> = new Set(['RSA', 'ECDSA', 'DSS', 'anon'])

export function isDhe(code: number): boolean {
  return suiteByCode(code)?.kx === 'DHE'
}

/** Key exchanges that lack something on a server (DH parameters, a certificate of that type) break as a whole. */
export function hidingKind(code: number): string {
  const suite = suiteByCode(code)
  const usual = suite !== undefined && USUAL_EXCHANGES.has(suite.kx) && USUAL_AUTHENTICATIONS.has(suite.au) && !suite.exportGrade
  return usual ? `${suite.kx} ${suite.au}` : 'rare'
}

export function isChaCha(suite: number): boolean {
  return (suite >= 0xcca8 && suite <= 0xccae) || (suite >= 0xcc13 && suite <= 0xcc15) || suite === 0x1303
}
