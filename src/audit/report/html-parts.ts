import type { Finding, RuleVerdict, Verdict } from '../../policy/index.ts'
import type { Grade } from '../result.ts'
import type { LabelledFact } from './facts.ts'
import { markup, type Content, type Markup } from './markup.ts'
import { ruleGroups } from './view.ts'
import { gradeVerdict, SYMBOL, tally, tallyWords, VERDICTS } from './words.ts'

/** Sign and word: the colour only repeats them. */
export function chip(verdict: Verdict, word: string = verdict): Markup {
  return markup`<span class="chip ${verdict}"><span aria-hidden="true">${SYMBOL[verdict]} </span>${word}</span>`
}

/** The sign alone where a heading or a neighbour has the word; screen readers hear the word. */
export function sign(verdict: Verdict): Markup {
  return markup`<span class="${verdict} sign"><span aria-hidden="true">${SYMBOL[verdict]}</span><span class="hidden">${verdict}:</span></span>`
}

export function gradeBadge(grade: Grade, size: '' | 'large' = ''): Markup {
  const letters = grade === 'unknown' ? markup`<span aria-hidden="true">?</span><span class="hidden">no grade</span>` : grade
  return markup`<span class="grade ${gradeVerdict(grade)} ${size}"><span class="hidden">Grade </span>${letters}</span>`
}

/** How the findings divide, as a bar whose title says the same in words. */
export function findingsBar(findings: readonly Finding[]): Markup | undefined {
  const count = tally(findings)
  if (findings.length === 0) return undefined
  let x = 0
  const parts = VERDICTS.filter((verdict) => count[verdict] > 0).map((verdict) => {
    const wide = (count[verdict] / findings.length) * 100
    const part = markup`<rect class="${verdict}" x="${x.toFixed(2)}" width="${wide.toFixed(2)}" height="8"/>`
    x += wide
    return part
  })
  return markup`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${tallyWords(findings)}">${parts}</svg>`
}

/** `✗ rfc-9325: MUST NOT, ncsc-nl: insufficient`, worst first. */
export function ruleList(rules: readonly RuleVerdict[]): Markup {
  const items = ruleGroups(rules).map(({ verdict, words }) => markup`<li>${sign(verdict)} ${words.join(', ')}</li>`)
  return markup`<ul class="rules">${items}</ul>`
}

export function factList(facts: readonly LabelledFact[]): Markup {
  return definitions(facts.map(({ label, text }) => [label, text]))
}

export function definitions(rows: readonly (readonly [label: string, content: Content])[]): Markup {
  return markup`<dl>${rows.map(([label, content]) => markup`<dt>${label}</dt><dd>${content}</dd>`)}</dl>`
}

/** A table that scrolls inside its own frame, which a keyboard can reach. */
export function scrolling(label: string, table: Markup): Markup {
  return markup`<div class="scroll" role="group" aria-label="${label}" tabindex="0">${table}</div>`
}

/** Names as code, all of them: on a page there is room. */
export function codes(names: readonly string[]): Content {
  return names.map((name, at) => markup`${at === 0 ? '' : ', '}<code>${name}</code>`)
}
