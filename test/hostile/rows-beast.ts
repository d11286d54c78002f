import { TLS10, TLS12 } from './numbers.ts'
import { tlsRow, type Row } from './row.ts'
import type { Script, SplittingHabit } from './script.ts'

const suites = [0x002f, 0x0035, 0xc013]
const base = { versions: [TLS10], suites }
const row = (name: string, does: string, splitting: SplittingHabit, recordSplitting: boolean | readonly (boolean | 'unknown')[]): Row =>
  tlsRow(name, does, { ...base, splitting } satisfies Partial<Script>, { reach: 'whole', features: { recordSplitting } })

/** How TLS 1.0 records with CBC are cut, which decides whether BEAST is of any use. */
export const BEAST: readonly Row[] = [
  row('cbc-unsplit', 'sends application data as it is', 'none', false),
  row('cbc-one-and-rest', 'sends one byte, then the rest', 'one-and-rest', true),
  row('cbc-empty-first', 'sends an empty record before each, as OpenSSL does', 'empty-first', true),
  row('cbc-one-and-rest-but-first', 'does not split the first record, as JSSE does not', 'one-and-rest-but-first', [true, 'unknown']),
  tlsRow(
    'cbc-http-unsplit',
    'sends headers and body unsplit, and only when asked',
    { ...base, speaks: 'http' },
    { reach: 'whole', features: { recordSplitting: [false, 'unknown'] } },
  ),
  tlsRow(
    'cbc-tls12-only',
    'has no TLS 1.0, so that nothing has to be split',
    { versions: [TLS12], suites, splitting: 'none' },
    { reach: 'whole', features: { recordSplitting: 'not-applicable' } },
  ),
]
