import type { AuditReport, AuditResult } from '../result.ts'
import { doorSection } from './html-door.ts'
import { chip, findingsBar, gradeBadge } from './html-parts.ts'
import { joined, markup, Markup, prose } from './markup.ts'
import { STYLE } from './style.ts'
import { firstStep, isUndetermined, withDoorNames } from './view.ts'
import { counted, rulebookTitle, sentence, tally, tallyWords, timeWords, VERDICTS } from './words.ts'

// Nothing is loaded and nothing is run, whatever finds its way in: the page needs only the style that it carries.
const SECURITY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. For screens and for paper. */
export function printHtml(given: AuditReport): string {
  const report = withDoorNames(given)
  const page = markup`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="referrer" content="no-referrer"/>
<meta http-equiv="Content-Security-Policy" content="${SECURITY}"/>
<meta name="generator" content="Postern ${report.postern}"/>
<title>${title(report)}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#doors">Skip to the doors</a>
<div class="wrap">
${masthead(report)}
<main id="doors">
${summary(report)}
${report.targets.map((target, at) => doorSection(report, target, at + 1))}
</main>
${footer(report)}
</div>
</body>
</html>
`
  return `<!doctype html>\n${page.toString()}`
}

function title(report: AuditReport): string {
  const [only] = report.targets
  return report.targets.length === 1 && only !== undefined
    ? `TLS audit of ${only.target}`
    : `TLS audit of ${counted(report.targets.length, 'door')}`
}

// A small guarded gate in a wall.
const GATE = new Markup(
  '<svg viewBox="0 0 48 48" aria-hidden="true"><path fill="var(--muted)" d="M4 10h6V5h7v5h6V5h7v5h6V5h8v38H34V29a10 10 0 0 0-20 0v14H4z"/><path fill="none" stroke="var(--link)" stroke-width="2.5" d="M18.500 43V29a5.500 5.500 0 0 1 11 0v14M24 24v19M18.500 33h11"/></svg>',
)

function masthead(report: AuditReport): Markup {
  return markup`<header class="mast">${GATE}<div><h1>${title(report)}</h1>
<p class="muted">Made by Postern ${report.postern} on <time datetime="${report.started}">${timeWords(report.started)}</time></p></div></header>`
}

/** One door is its own summary. */
function summary(report: AuditReport): Markup | undefined {
  if (report.targets.length === 1) return undefined
  if (report.targets.length === 0)
    return markup`<p class="card alert unknown"><strong>No door was audited.</strong> That is not a pass.</p>`
  return markup`<section class="card" aria-labelledby="summary"><h2 id="summary">All doors at a glance</h2>
<p class="lead">${overview(report)}</p>
<div class="scroll" role="group" aria-label="All doors" tabindex="0"><table><caption class="hidden">Grade and findings of every door</caption>
<thead><tr><th scope="col">Door</th><th scope="col">Grade</th><th scope="col">Findings</th><th scope="col">First thing to do</th></tr></thead>
<tbody>${report.targets.map(summaryRow)}</tbody></table></div></section>`
}

/** Every door is counted once, at the worst that can be said of it. */
function overview({ targets }: AuditReport): string {
  const bad = targets.filter(({ findings }) => tally(findings).bad > 0)
  const open = targets.filter((target) => isUndetermined(target) && !bad.includes(target))
  const weak = targets.filter((target) => tally(target.findings).weak > 0 && !bad.includes(target) && !open.includes(target))
  const fine = targets.length - bad.length - open.length - weak.length
  const parts = [
    bad.length > 0 ? `${bad.length} with something bad` : '',
    weak.length > 0 ? `${weak.length} with something weak` : '',
    open.length > 0 ? `${open.length} not audited to the end, which is not a pass` : '',
    fine > 0 ? `${fine} with nothing to do` : '',
  ]
  return `${counted(targets.length, 'door')}: ${parts.filter((part) => part !== '').join('; ')}.`
}

function summaryRow(target: AuditResult, at: number): Markup {
  const words = tallyWords(target.findings)
  return markup`<tr><th scope="row" class="doorname"><a href="#door-${at + 1}">${target.target}</a></th><td>${gradeBadge(target.grade)}</td>
<td>${words === '' ? 'none' : words}${findingsBar(target.findings)}</td><td>${prose(firstThing(target))}</td></tr>
`
}

function firstThing(target: AuditResult): string {
  if (target.posture === null) return `Not reached. ${sentence(target.problem?.message ?? '')}`
  return firstStep(target) ?? (isUndetermined(target) ? 'Audit again: not everything could be found out.' : 'Nothing.')
}

function footer(report: AuditReport): Markup {
  const connections = report.targets.reduce((sum, { cost }) => sum + cost.connections, 0)
  const books = report.rulebooks.map(
    (
      book,
    ) => markup`<tr><th scope="row"><code>${book.name}</code></th><td>${rulebookTitle(report, book.name)}</td><td>${book.date}</td></tr>
`,
  )
  const table = markup`<div class="scroll" role="group" aria-label="Rulebooks used" tabindex="0"><table><caption class="hidden">Rulebooks used</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Rulebook</th><th scope="col">Of</th></tr></thead><tbody>${books}</tbody></table></div>`
  return markup`<footer class="card"><h2>How to read this</h2>
<ul class="plainlist">${VERDICTS.map((verdict) => markup`<li>${chip(verdict)} ${MEANING[verdict]}</li>`)}</ul>
${books.length === 0 ? undefined : markup`<h3>Rulebooks used</h3>${table}`}
<p class="muted small top">${joined([`${counted(connections, 'connection')} in all`, `Postern ${report.postern}`, timeWords(report.started)], ' · ')}</p></footer>`
}

const MEANING: Readonly<Record<(typeof VERDICTS)[number], string>> = {
  bad: 'to be changed now',
  weak: 'to be changed next, with an eye on who still needs it',
  unknown: 'could not be found out, which is never a pass',
  good: 'was looked at and is fine',
}
