import type { ChainPosture, Posture, Verdict } from '../../policy/index.ts'
import type { AuditResult } from '../result.ts'
import { chainFacts, chainTitle, clearFacts, featureFacts, keyExchangeFacts } from './facts.ts'
import { chip, factList, scrolling } from './html-parts.ts'
import { markup, preformatted, type Markup } from './markup.ts'
import { allSuites, offersNoTls, orderWords, protocolRows, subjectVerdicts, type ProtocolRow } from './view.ts'
import { counted, daysBetween, SYMBOL, validityWords } from './words.ts'

/** What was measured: protocols and suites, key exchange, certificates, what was said in clear. */
export function measuredSections(posture: Posture, target: AuditResult, now: string): Markup {
  const verdicts = subjectVerdicts(target.findings)
  const rows = protocolRows(posture)
  const clear = clearFacts(posture)
  return markup`<h3>Protocols and suites</h3>
<ul class="tiles">${rows.map((row) => tile(row, verdicts))}</ul>
${suiteTable(posture, rows, verdicts)}
<div class="columns"><div><h3>Key exchange</h3>${factList(keyExchangeFacts(posture))}</div>
${clear.length === 0 ? undefined : markup`<div><h3>Before TLS</h3>${factList(clear)}</div>`}</div>
<h3>Certificates</h3>
${posture.certificates.length === 0 ? markup`<p>${offersNoTls(posture) ? 'No certificate was seen, since no TLS is offered.' : 'No certificate was seen.'}</p>` : posture.certificates.map((chain) => certificate(chain, now))}
<details class="noprint"><summary>Everything else that handshakes showed</summary>${factList(featureFacts(posture))}</details>`
}

function tile({ name, posture, offer, unasked }: ProtocolRow, verdicts: ReadonlyMap<string, Verdict>): Markup {
  const verdict = posture.offered === 'unknown' && !unasked ? 'unknown' : verdicts.get(name)
  const look = (posture.offered === false || unasked) && verdict !== 'bad' && verdict !== 'weak' ? 'off' : (verdict ?? '')
  const sign = verdict === undefined ? undefined : markup`<span aria-hidden="true">${SYMBOL[verdict]} </span>`
  const word = verdict === undefined || verdict === posture.offered ? undefined : markup`<span class="hidden"> (${verdict})</span>`
  return markup`<li class="tile ${look}"><strong>${sign}${name}</strong><span>${offer}</span>${word}</li>
`
}

// Not the sign for good: that a suite is accepted says nothing of its worth.
const ACCEPTED = '●'

/** Rows are suites, columns the protocols that accept any; a number is the place in the server's order. */
function suiteTable(posture: Posture, rows: readonly ProtocolRow[], verdicts: ReadonlyMap<string, Verdict>): Markup | undefined {
  const offering = rows.filter((row) => row.posture.suites.length > 0)
  const suites = allSuites(posture)
  if (suites.length === 0) return undefined
  const heads = offering.map(
    (row) => markup`<th scope="col" class="number">${row.name}<br/><span class="small">${orderWords(row.posture)}</span></th>`,
  )
  const body = suites.map((suite) => {
    const verdict = verdicts.get(suite)
    const cells = offering.map((row) => markup`<td class="number">${place(row, suite)}</td>`)
    return markup`<tr><th scope="row"><code>${suite}</code></th><td>${verdict === undefined ? undefined : chip(verdict)}</td>${cells}</tr>
`
  })
  const table = markup`<table class="suites"><caption>${counted(suites.length, 'suite')}. A number is the place in the server's order, ${ACCEPTED} stands where the server has none.</caption>
<thead><tr><th scope="col">Suite</th><th scope="col">Verdict</th>${heads}</tr></thead><tbody>${body}</tbody></table>`
  return scrolling('Suites of each protocol', table)
}

function place({ posture }: ProtocolRow, suite: string): Markup | string {
  const at = posture.suites.indexOf(suite)
  if (at < 0) return markup`<span class="muted" aria-hidden="true">·</span><span class="hidden">not accepted</span>`
  return posture.order === 'server'
    ? String(at + 1)
    : markup`<span aria-hidden="true">${ACCEPTED}</span><span class="hidden">accepted</span>`
}

function certificate(chain: ChainPosture, now: string): Markup {
  const pems = chain.certificates.map(
    (one) => markup`<pre>${preformatted(`${one.subject}\nSHA-256 ${one.sha256}\n${one.pem.trim()}`)}</pre>`,
  )
  return markup`<article class="chain"><h4>${chainTitle(chain)}</h4>${lifeBar(chain, now)}${factList(chainFacts(chain, now))}
${pems.length === 0 ? undefined : markup`<details class="noprint"><summary>${counted(pems.length, 'certificate')} as served</summary>${pems}</details>`}</article>
`
}

/** How much of its life a certificate has behind it. */
function lifeBar(chain: ChainPosture, now: string): Markup | undefined {
  const [leaf] = chain.certificates
  if (leaf === undefined) return undefined
  const part = daysBetween(leaf.notBefore, now) / daysBetween(leaf.notBefore, leaf.notAfter)
  if (!Number.isFinite(part)) return undefined
  const gone = (Math.min(1, Math.max(0, part)) * 100).toFixed(1)
  return markup`<svg class="life" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${validityWords(leaf, now)}"><rect class="span" width="100" height="8"/><rect class="gone" width="${gone}" height="8"/></svg>`
}
