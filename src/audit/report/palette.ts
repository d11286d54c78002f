import type { Verdict } from '../../policy/index.ts'

/** Colours of the HTML report. A test holds every pair that meets to WCAG 2.2 AA. */
export interface Palette {
  readonly page: string
  readonly card: string
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly link: string
  /** Text, and the tint that it stands on. */
  readonly verdicts: Readonly<Record<Verdict, readonly [text: string, tint: string]>>
}

export const LIGHT: Palette = {
  page: '#f7f5f0',
  card: '#ffffff',
  ink: '#1b232e',
  muted: '#566070',
  line: '#ddd8cc',
  link: '#1d4f8c',
  verdicts: {
    bad: ['#9c1420', '#fdebea'],
    weak: ['#7d4b00', '#fdf1da'],
    unknown: ['#642a8a', '#f4ebfb'],
    good: ['#17623a', '#e6f4ea'],
  },
}

export const DARK: Palette = {
  page: '#12161b',
  card: '#1a2027',
  ink: '#e6e9ed',
  muted: '#a2acb8',
  line: '#343d48',
  link: '#8fc1ff',
  verdicts: {
    bad: ['#ff9c98', '#3b1d20'],
    weak: ['#f3c16a', '#362910'],
    unknown: ['#d8b4f6', '#2e2239'],
    good: ['#84d8a0', '#16301f'],
  },
}

/** The palette as CSS custom properties. */
export function customProperties(palette: Palette): string {
  const { verdicts, ...rest } = palette
  const plain = Object.entries(rest).map(([name, colour]) => `--${name}:${colour}`)
  const pairs = Object.entries(verdicts).flatMap(([name, [text, tint]]) => [`--${name}:${text}`, `--${name}-tint:${tint}`])
  return [...plain, ...pairs].join(';')
}
