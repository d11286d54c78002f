import { RELAYS } from '../../dialects/index.ts'

/** What a service may speak: whatever has a relay, and `tls`, inside of which nothing is looked at. */
export const GATE_DIALECTS: readonly string[] = [...Object.keys(RELAYS), 'tls']
