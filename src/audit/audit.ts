import { PosternError } from '../errors.ts'
import { compare, grade, isAnyNeeded, offeredProtocols, withNeededBy, type Finding, type Posture, type Rulebook } from '../policy/index.ts'
import { eachAtOnce } from './at-once.ts'
import { withEvidence } from './evidence.ts'
import type { Door } from './door.ts'
import { measure } from './measure.ts'
import type { AuditReport, AuditResult } from './result.ts'
import { SharedParts } from './shared-parts.ts'
import type { TrustStore } from './trust.ts'
import { MX_PORT, usesOf } from './uses-of-door.ts'

/** A door to be audited, and what it is called. */
export interface AuditDoor extends Door {
  /** As a URL, such as `smtp://mail.example.com:25`. */
  readonly url: string
}

export interface AuditOptions {
  /** Connections to one server at once. */
  readonly parallel: number
  /** Doors at once, no two of which are at one address. */
  readonly doors: number
  /** Milliseconds for one door. */
  readonly timeout: number
  readonly rulebooks: readonly Rulebook[]
  readonly trust: TrustStore
  readonly now: Date
  /** Only protocols and suites. */
  readonly only?: 'suites' | undefined
  /** Told of each door that is finished. */
  readonly finished?: (result: AuditResult, door: AuditDoor) => void
  /** Told after each question of a door how many are answered, and about how many there will be. */
  readonly progress?: (door: AuditDoor, answered: number, expected: number) => void
}

/**
 * Audits doors of different addresses side by side, and those of one address one after the other: whether a server has too many
 * connections can only be told by whoever opens all of them. What goes wrong with one door is in its result and never
 * stops the others, a bug included.
 */
export async function auditAll(doors: readonly AuditDoor[], options: AuditOptions): Promise<readonly AuditResult[]> {
  const parts = new SharedParts()
  return eachAtOnce(doors, { all: options.doors, ofAddress: 1 }, async (door) => {
    const result = parts.share(await auditDoor(door, options).catch((error: unknown) => broken(door, error)))
    options.finished?.(result, door)
    return result
  })
}

/** Audits one door: measures it, compares it with the rulebooks, grades it. */
export async function auditDoor(door: AuditDoor, options: AuditOptions): Promise<AuditResult> {
  const { rulebooks, trust, now, only, parallel, timeout } = options
  const {
    posture,
    evidence,
    cost,
    problem,
    reachable: reached,
  } = await measure(door, {
    parallel,
    timeout,
    trust,
    now,
    only,
    progress: (answered, expected) => options.progress?.(door, answered, expected),
  })
  const opportunistic = door.port === MX_PORT
  // A server that offers no TLS has been spoken to all the same.
  const seen = reached || posture.clear?.starttls === 'missing'
  const all = seen ? withEvidence(compare(rulebooks, posture, { now, opportunistic }), evidence) : []
  const findings = await neededBySomebody(only === 'suites' ? all.filter(({ id }) => ABOUT_SUITES.test(id)) : all, posture, door)
  const graded = seen && only === undefined ? gradeOf(findings, posture, opportunistic) : noGrade(seen)
  return {
    target: door.url,
    address: door.address,
    reachable: seen,
    problem: problem === undefined ? null : problemOf(problem),
    posture: seen ? posture : null,
    evidence,
    findings,
    grade: graded.grade,
    gradeReasons: graded.reasons,
    cost,
  }
}

/** The catalogue of clients is loaded where there is something that somebody may need, and nowhere else. */
async function neededBySomebody(findings: readonly Finding[], posture: Posture, door: AuditDoor): Promise<readonly Finding[]> {
  if (!isAnyNeeded(findings)) return findings
  const { oldClients } = await import('../policy/negotiate/catalogue/index.ts')
  return withNeededBy(findings, posture, oldClients(usesOf(door)))
}

/** Findings that follow from protocols and suites alone. */
const ABOUT_SUITES = /^(?:protocol-|suites?-|poodle$|sweet32$|freak$|drown$)/

/** Where nobody was let in, one reason is enough for having no grade: a list of all that was not found out would hide it. */
function gradeOf(findings: readonly Finding[], posture: Posture, opportunistic: boolean): ReturnType<typeof grade> {
  const graded = grade(findings, { opportunistic })
  return graded.grade === 'unknown' && offeredProtocols(posture).length === 0 ? { grade: 'unknown', reasons: [NOBODY_LET_IN] } : graded
}

const NOBODY_LET_IN = 'No hello was accepted, so that next to nothing is known.'

/** Half an audit makes no grade. */
function noGrade(seen: boolean): { readonly grade: 'unknown'; readonly reasons: readonly string[] } {
  return { grade: 'unknown', reasons: seen ? ['Only protocols and suites were asked for.'] : [] }
}

/** A target that could not even be looked up. */
export function unreachable(target: string, error: PosternError): AuditResult {
  return {
    target,
    address: null,
    reachable: false,
    problem: problemOf(error),
    posture: null,
    evidence: [],
    findings: [],
    grade: 'unknown',
    gradeReasons: [],
    cost: { connections: 0, milliseconds: 0 },
  }
}

function problemOf({ code, fault, message, remedy }: PosternError): NonNullable<AuditResult['problem']> {
  return { code, ...(fault === 'bug' ? { fault } : {}), message, ...(remedy === undefined ? {} : { remedy }) }
}

/** A door at which Postern itself failed. */
function broken({ url, address }: AuditDoor, error: unknown): AuditResult {
  const code = error instanceof PosternError ? error.code : 'AUDIT_BROKEN'
  const why = error instanceof Error ? error.message : String(error)
  const bug = new PosternError('bug', code, error instanceof PosternError ? why : `Cannot audit ${url}: ${why}`, {
    remedy: 'This is a bug in Postern. Please report it with the command you ran.',
  })
  return { ...unreachable(url, bug), address }
}

/** The results under one cover. `postern` is the version of the package. */
export function reportOf(targets: readonly AuditResult[], rulebooks: readonly Rulebook[], started: Date, postern: string): AuditReport {
  return {
    version: 1,
    postern,
    started: started.toISOString(),
    rulebooks: rulebooks.map(({ name, title, edition, date }) => ({ name, title, edition, date })),
    targets,
  }
}
