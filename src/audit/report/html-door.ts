import { findingKind, type Finding } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { GLUE } from './layout.ts'
import { measuredSections } from './html-measured.ts'
import { chip, codes, definitions, gradeBadge, ruleList, scrolling, sign } from './html-parts.ts'
import { markup, preformatted, prose, type Content, type Markup } from './markup.ts'
import {
  contradictions,
  factNamesSubjects,
  isUndetermined,
  mainReasons,
  problemTitle,
  rulebookSummaries,
  rulebookVerdict,
  steps,
  withVerdict,
  worstFirst,
} from './view.ts'
import { costWords, counted, sentence, SYMBOL, tally, VERDICT_TITLE, VERDICTS } from './words.ts'

/** One door, on paper one page or more of its own. `number` makes the ids of the page. */
export function doorSection(report: AuditReport, target: AuditResult, number: number): Markup {
  return markup`<section class="card door" id="door-${number}" aria-labelledby="door-${number}-title">
${head(target, number)}
${problem(target)}
${firstSteps(target)}
${findings(target, 'bad')}
${findings(target, 'weak')}
${briefly(target, 'unknown')}
${briefly(target, 'good')}
${rulebookMatrix(report, target)}
${target.posture === null ? undefined : measuredSections(target.posture, target, report.started)}
${evidence(target)}
<p class="muted small top">${costWords(target.cost)}. <a class="noprint" href="#doors">Back to all doors</a></p>
</section>
`
}

const REASONS = 4
const STEPS = 10

function head(target: AuditResult, number: number): Markup {
  const count = tally(target.findings)
  const chips = VERDICTS.filter((verdict) => count[verdict] > 0).map((verdict) => chip(verdict, `${count[verdict]} ${verdict}`))
  const { reasons, more } = mainReasons(target, REASONS)
  const items = [...reasons, ...(more > 0 ? [`and ${more} more reasons`] : [])].map((reason) => markup`<li>${reason}</li>`)
  return markup`<div class="head"><div>${gradeBadge(target.grade, 'large')}</div><div><h2 id="door-${number}-title">${target.target}</h2>
<p class="muted small">${target.address === null ? 'no address' : target.address}${target.posture?.clear?.banner ? markup` · <code>${target.posture.clear.banner}</code>` : undefined}</p>
${items.length === 0 ? undefined : markup`<ul aria-label="Why this grade">${items}</ul>`}
${chips.length === 0 ? undefined : markup`<p class="chips">${chips}</p>`}</div></div>`
}

function problem(target: AuditResult): Markup | undefined {
  if (!isUndetermined(target)) return undefined
  const kind = problemTitle(target)
  const title = kind === 'Not complete' ? 'Not audited to the end' : kind
  const text = target.problem === null ? 'Too little is known about this door.' : sentence(target.problem.message)
  return markup`<div class="alert unknown"><strong><span aria-hidden="true">${SYMBOL.unknown} </span>${title}: this is not a pass</strong>
<p>${text} ${target.problem?.remedy}</p></div>`
}

function firstSteps(target: AuditResult): Markup | undefined {
  const all = steps(target)
  if (all.length === 0) return undefined
  const rest = all.length - STEPS
  // To hide one behind "1 more" saves nobody anything.
  const shown = rest > 1 ? all.slice(0, STEPS) : all
  const items = shown.map(({ remedy, verdict }) => markup`<li>${prose(remedy)} ${chip(verdict)}</li>`)
  const more = rest > 1 ? markup`<p class="muted small">${rest} more steps stand with the findings below.</p>` : undefined
  return markup`<h3>What to do first</h3><ol class="steps">${items}</ol>${more}`
}

function findings(target: AuditResult, verdict: 'bad' | 'weak'): Markup | undefined {
  const some = withVerdict(target.findings, verdict)
  return some.length === 0 ? undefined : markup`<h3>${VERDICT_TITLE[verdict]}</h3>${some.map(findingArticle)}`
}

function findingArticle(finding: Finding): Markup {
  const rows: (readonly [string, Content])[] = []
  const kind = findingKind(finding.id)
  if (kind !== undefined) rows.push(['Why', prose(`${kind.why} (${kind.reference})`)])
  if (finding.remedy !== undefined) rows.push(['Remedy', markup`<span class="remedy">${prose(finding.remedy)}</span>`])
  if (finding.neededBy !== undefined && finding.neededBy.length > 0) rows.push(['Needed by', finding.neededBy.join('; ')])
  if (!factNamesSubjects(finding)) rows.push(['Concerns', codes(finding.subjects)])
  if (finding.rules.length > 0) rows.push(['Rulebooks', ruleList(finding.rules)])
  return markup`<article class="finding ${finding.verdict}"><h4>${chip(finding.verdict)}<span>${finding.fact}</span> <code class="id">${finding.id}</code></h4>
${rows.length === 0 ? undefined : definitions(rows)}
${parts(finding)}${proof(finding)}</article>
`
}

/** Which rulebook says what of which part, and where: too long for a line, and just what somebody asks in the end. */
function parts({ rules }: Finding): Markup | undefined {
  if (rules.length === 0) return undefined
  const rows = rules.map(
    (
      rule,
    ) => markup`<tr><th scope="row"><code>${rule.rulebook}</code></th><td>${chip(rule.verdict)}</td><td>${rule.says}${rule.subjects.length === 0 ? undefined : markup`: ${codes(rule.subjects)}`}</td><td>${rule.source}</td></tr>
`,
  )
  const head = markup`<thead><tr><th scope="col">Rulebook</th><th scope="col">Verdict</th><th scope="col">Says</th><th scope="col">Where</th></tr></thead>`
  const table = markup`<table><caption class="hidden">What the rulebooks say of it</caption>${head}<tbody>${rows}</tbody></table>`
  return markup`<details><summary>The rulebooks in their own words</summary>${scrolling('The rulebooks in their own words', table)}</details>`
}

function proof({ evidence }: Finding): Markup | undefined {
  if (evidence === undefined) return undefined
  return markup`<details><summary>What proves it</summary><pre>${preformatted(evidence)}</pre></details>`
}

/** Findings about which there is nothing to do but to know them. */
function briefly(target: AuditResult, verdict: 'unknown' | 'good'): Markup | undefined {
  const some = withVerdict(target.findings, verdict)
  if (some.length === 0) return undefined
  const rows = some.map(
    (finding) => markup`<li>${sign(verdict)} ${finding.fact} <code class="muted">${finding.id}</code>${proof(finding)}</li>
`,
  )
  return markup`<h3>${VERDICT_TITLE[verdict]}</h3><ul class="plainlist brief">${rows}</ul>`
}

function rulebookMatrix(report: AuditReport, target: AuditResult): Markup | undefined {
  const spoken = worstFirst(target.findings).filter(({ rules }) => rules.length > 0)
  // Where every rulebook is content, a row would say nothing.
  const judged = spoken.filter(({ verdict, rules }) => verdict !== 'good' || rules.some((rule) => rule.verdict !== 'good'))
  const content = spoken.length - judged.length
  if (spoken.length === 0 || report.rulebooks.length === 0) return undefined
  const against = new Set(contradictions(target.findings).map(({ finding }) => finding))
  const heads = rulebookSummaries(report, target).map(
    (book) => markup`<th scope="col"><code>${book.name}</code><br/>${chip(book.verdict)}</th>`,
  )
  const rows = judged.map((finding) => {
    const cells = report.rulebooks.map(({ name }) => markup`<td>${cell(finding, name)}</td>`)
    const note = against.has(finding) ? markup`<br/><strong class="unknown small">they contradict each other</strong>` : undefined
    return markup`<tr><th scope="row"><code>${finding.id}</code>${note}</th><td>${chip(finding.verdict)}</td>${cells}</tr>
`
  })
  const table = markup`<table class="matrix"><caption>Below the name of a rulebook stands the worst that it says.${content > 0 ? ` ${counted(content, 'more finding')} ${content === 1 ? 'is' : 'are'} good in every rulebook that speaks of ${content === 1 ? 'it' : 'them'}.` : ''}</caption>
<thead><tr><th scope="col">Finding</th><th scope="col">Verdict</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`
  return markup`<h3>What the rulebooks say</h3>${scrolling('What the rulebooks say', table)}`
}

function cell(finding: Finding, rulebook: string): Content {
  if (rulebookVerdict(finding, rulebook) === undefined) return markup`<span class="muted">–<span class="hidden">nothing</span></span>`
  return finding.rules
    .filter((rule) => rule.rulebook === rulebook)
    .map(({ verdict, says, subjects }) => {
      const part = subjects.length === 0 || subjects.length === finding.subjects.length
      const share = part ? undefined : markup` <span class="muted small">${subjects.length} of ${finding.subjects.length}</span>`
      return markup`<div><span class="${verdict}"><span aria-hidden="true">${SYMBOL[verdict]}${GLUE}</span><span class="hidden">${verdict}: </span>${says}</span>${share}</div>`
    })
}

function evidence(target: AuditResult): Markup | undefined {
  if (target.evidence.length === 0) return undefined
  const rows = target.evidence.map(
    (
      one,
    ) => markup`<tr><th scope="row"><code>${one.fact}</code></th><td>${one.asked}</td><td><code>${one.answer === '' ? 'silence' : one.answer}</code></td></tr>
`,
  )
  const table = markup`<table><caption class="hidden">Evidence</caption><thead><tr><th scope="col">Fact</th><th scope="col">Asked</th><th scope="col">Answered</th></tr></thead><tbody>${rows}</tbody></table>`
  return markup`<div class="noprint"><h3>Evidence</h3><details><summary>${counted(target.evidence.length, 'exchange')} that prove${target.evidence.length === 1 ? 's' : ''} what was measured</summary>${scrolling('Evidence', table)}</details></div>`
}
