import type { FindingKind } from './finding-kind.ts'
import { FINDING_THEMES } from './findings.ts'
import type { Rulebook } from './rulebook.ts'
import { RULEBOOKS } from './rulebooks.ts'

/** The text of docs/findings.md, in Markdown: how verdicts and grades come about, the rulebooks, and every finding. */
export function findingsPage(): string {
  const text = [INTRODUCTION, ...RULEBOOKS.map(rulebookItem), '', ...FINDING_THEMES.flatMap(({ title, kinds }) => theme(title, kinds))]
  return `${text.join('\n').trimEnd()}\n`
}

const INTRODUCTION = `# Findings

<!-- Made by docs/generate.ts out of src/policy: change it there. -->

A finding is one thing that Postern looked for at a door: what was seen, a verdict, and, where something is wrong, what to do and which known clients need it as it is. The ids below never change.

## Verdicts

- **good**: It was looked for, and it is as it should be.
- **weak**: It should be changed, but no one is in danger today.
- **bad**: It is dangerous, forbidden, or cuts clients off.
- **unknown**: It could not be found out: no answer, too many refusals, or time was up. This is never a pass.

The verdict of a finding is Postern's own. Each finding also lists what the rulebooks say, in their own words; where they contradict each other, all are shown.

## The grade

Every finding that is not good caps the grade; the lowest cap is the grade. The caps stand with the findings below. A finding without a cap is for your information and does not count.

- **A+**: Nothing is left to do, and nothing that counts is unknown.
- **A**: Sound. Small things are left, such as CBC suites for old clients or no post-quantum groups yet.
- **B**: Should be changed: no forward secrecy with some clients, features that invite trouble, or a chain that some clients cannot follow.
- **C**: Outdated: something that today's rules forbid, such as TLS 1.0, 3DES or TLS compression.
- **D**: In danger: RC4, a Diffie-Hellman group of 1024 bits, a certificate that clients must refuse, passwords in the clear.
- **E**: Attacks are known that work: SSL 3.0, DES, keys that can be broken.
- **F**: No protection: SSL 2.0, suites without encryption, Heartbleed, no TLS at all.
- **unknown**: What could not be found out decides.

**Unknown is never a pass.** What could not be found out counts as its worst answer. Where that answer would be worse than C, and everything that is known is better, nobody can say how good the door is: then the grade is \`unknown\`, with the reasons. Where what is known is as bad already, the unknown changes nothing and the letter stands. So a door never gets a better letter because a question was not answered, and never a better one because something got worse. Both are properties that tests check on random postures.

**Where senders go on in plain text**, as mail servers do among themselves on port 25, refusing an old client costs more than it gives (RFC 9325 §5.2), and nobody checks certificates unless DANE or MTA-STS asks for it. There, findings that are called milder on port 25 are \`weak\` at worst, and cap accordingly.

## Rulebooks

\`--rules\` takes these names. Edition and date are those of the document; a word that ends on a day holds until the end of that day.
`

function rulebookItem({ name, title, edition, date, source, note }: Rulebook): string {
  const document = source.startsWith('https:') ? `[${title}](${source})` : title
  return `- \`${name}\`: ${document}, ${edition} (${date}).${note === undefined ? '' : ` ${note}`}`
}

function theme(title: string, kinds: readonly FindingKind[]): readonly string[] {
  return [`## ${title}`, '', ...kinds.flatMap(finding)]
}

function finding({ id, title, why, reference, remedy, weak, bad, mildWhenOpportunistic }: FindingKind): readonly string[] {
  const caps = [...(weak === undefined ? [] : [`weak: not above ${weak}`]), ...(bad === undefined ? [] : [`bad: not above ${bad}`])]
  const mild = mildWhenOpportunistic === true ? '; milder on port 25' : ''
  return [
    `### ${id}`,
    '',
    `**${title}.** ${why}`,
    '',
    ...(remedy === undefined ? [] : [`What to do: ${remedy}`, '']),
    `Grade: ${caps.length === 0 ? 'does not count' : caps.join(', ')}${mild}. Reference: ${reference}.`,
    '',
  ]
}
