import type { Finding, Verdict } from '../../policy/index.ts'
import type { AuditReport, AuditResult } from '../result.ts'
import { GLUE } from './layout.ts'
import { measuredSections } from './html-measured.ts'
import { chip, codes, definitions, gradeBadge, ruleList, scrolling } from './html-parts.ts'
import { markup, preformatted, type Content, type Markup } from './markup.ts'
import { contradictions, isUndetermined, rulebookSummaries, rulebookVerdict, steps, withVerdict, worstFirst } from './view.ts'
import { costWords, counted, sentence, SYMBOL, tally, VERDICT_TITLE, VERDICTS } from './words.ts'

/** One door, on paper one page or more of its own. `number` makes the ids of the page. */
export function doorSection(report: AuditReport, target: AuditResult, number: number): Markup {
  return markup`<section class="card door" id="door-${number}" aria-labelledby="door-${number}-title">
${head(target, number)}
${problem(target)}
${firstSteps(target)}
${(['bad', 'weak', 'unknown'] as const).map((verdict) => findings(target, verdict))}
${goodFindings(target)}
${rulebookMatrix(report, target)}
${target.posture === null ? undefined : measuredSections(target.posture, target, report.started)}
${evidence(target)}
<p class="muted small top">${costWords(target.cost)}. <a class="noprint" href="#doors">Back to all doors</a></p>
</section>
`
}

function head(target: AuditResult, number: number): Markup {
  const count = tally(target.findings)
  const chips = VERDICTS.filter((verdict) => count[verdict] > 0).map((verdict) => chip(verdict, `${count[verdict]} ${verdict}`))
  const reasons = target.gradeReasons.map((reason) => markup`<li>${reason}</li>`)
  return markup`<div class="head"><div>${gradeBadge(target.grade, 'large')}</div><div><h2 id="door-${number}-title">${target.target}</h2>
<p class="muted small">${target.address === null ? 'no address' : target.address}${target.posture?.clear?.banner ? markup` · <code>${target.posture.clear.banner}</code>` : undefined}</p>
${reasons.length === 0 ? undefined : markup`<ul aria-label="Why this grade">${reasons}</ul>`}
${chips.length === 0 ? undefined : markup`<p class="chips">${chips}</p>`}</div></div>`
}

function problem(target: AuditResult): Markup | undefined {
  if (!isUndetermined(target)) return undefined
  const title = target.reachable ? 'Not audited to the end' : 'Not reached'
  const text = target.problem === null ? 'Too little is known about this door.' : sentence(target.problem.message)
  return markup`<div class="alert unknown"><strong><span aria-hidden="true">${SYMBOL.unknown} </span>${title}: this is not a pass</strong>
<p>${text} ${target.problem?.remedy}</p></div>`
}

function firstSteps(target: AuditResult): Markup | undefined {
  const all = steps(target)
  if (all.length === 0) return undefined
  return markup`<h3>What to do, in this order</h3><ol class="steps">${all.map(({ remedy, verdict }) => markup`<li>${remedy} ${chip(verdict)}</li>`)}</ol>`
}

function findings(target: AuditResult, verdict: Verdict): Markup | undefined {
  const some = withVerdict(target.findings, verdict)
  return some.length === 0 ? undefined : markup`<h3>${VERDICT_TITLE[verdict]}</h3>${some.map(findingArticle)}`
}

function findingArticle(finding: Finding): Markup {
  const rows: (readonly [string, Content])[] = []
  if (finding.remedy !== undefined) rows.push(['Remedy', markup`<span class="remedy">${finding.remedy}</span>`])
  if (finding.neededBy !== undefined && finding.neededBy.length > 0) rows.push(['Needed by', finding.neededBy.join(', ')])
  if (finding.subjects.length > 0) rows.push(['Concerns', codes(finding.subjects)])
  if (finding.rules.length > 0) rows.push(['Rulebooks', ruleList(finding.rules)])
  return markup`<article class="finding ${finding.verdict}"><h4>${chip(finding.verdict)}<span>${finding.fact}</span> <code class="id">${finding.id}</code></h4>
${rows.length === 0 ? undefined : definitions(rows)}
${finding.evidence === undefined ? undefined : markup`<details><summary>What proves it</summary><pre>${preformatted(finding.evidence)}</pre></details>`}</article>
`
}

function goodFindings(target: AuditResult): Markup | undefined {
  const good = withVerdict(target.findings, 'good')
  if (good.length === 0) return undefined
  const rows = good.map(
    (finding) => markup`<li>${chip('good')} ${finding.fact} <code class="muted">${finding.id}</code></li>
`,
  )
  return markup`<h3>Good</h3><ul class="plainlist">${rows}</ul>`
}

function rulebookMatrix(report: AuditReport, target: AuditResult): Markup | undefined {
  const judged = worstFirst(target.findings).filter(({ rules }) => rules.length > 0)
  if (judged.length === 0 || report.rulebooks.length === 0) return undefined
  const against = new Set(contradictions(target.findings).map(({ finding }) => finding))
  const heads = rulebookSummaries(report, target).map(
    (book) =>
      markup`<th scope="col"><code>${book.name}</code><br/><span class="muted">${book.edition}</span><br/>${chip(book.verdict)}</th>`,
  )
  const rows = judged.map((finding) => {
    const cells = report.rulebooks.map(({ name }) => markup`<td>${cell(finding, name)}</td>`)
    const note = against.has(finding) ? markup`<br/><strong class="unknown small">they contradict each other</strong>` : undefined
    return markup`<tr><th scope="row"><code>${finding.id}</code>${note}</th><td>${chip(finding.verdict)}</td>${cells}</tr>
`
  })
  const table = markup`<table class="matrix"><caption>${counted(judged.length, 'finding')} that a rulebook speaks of. Below its name stands the worst that it says.</caption>
<thead><tr><th scope="col">Finding</th><th scope="col">Postern</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`
  return markup`<h3>What the rulebooks say</h3>${scrolling('What the rulebooks say', table)}`
}

function cell(finding: Finding, rulebook: string): Content {
  if (rulebookVerdict(finding, rulebook) === undefined) return markup`<span class="muted">–<span class="hidden">nothing</span></span>`
  return finding.rules
    .filter((rule) => rule.rulebook === rulebook)
    .map(
      (rule) =>
        markup`<div><span class="${rule.verdict}"><span aria-hidden="true">${SYMBOL[rule.verdict]}${GLUE}</span><span class="hidden">${rule.verdict}: </span>${rule.says}</span>${rule.subjects.length === 0 ? undefined : markup`<br/><span class="muted small">${rule.subjects.join(', ')}</span>`}</div>`,
    )
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
