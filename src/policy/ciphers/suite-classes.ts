import type { OpensslGeneration } from './generation.ts'

/** Strength class, then `F` for FIPS and `-` for what DEFAULT leaves out. */
export type SuiteClass = 'NONE' | 'NONE F' | 'MEDIUM' | 'MEDIUM F' | 'MEDIUM -' | 'MEDIUM F -' | 'HIGH' | 'HIGH F' | 'HIGH -' | 'HIGH F -'

type ClassTable = Readonly<Partial<Record<SuiteClass, string>>>

/** Code points by class, as OpenSSL 1.0.2s has them without weak ciphers. */
const OLD: ClassTable = {
  NONE: '0001',
  'NONE F': '0002 003b c001 c006 c00b c010 c015',
  MEDIUM: '0004 0005 0007 008a 0096 0097 0098 0099 009a c002 c007 c00c c011 c01a c01b c01c',
  'MEDIUM F': '000a 000d 0010 0013 0016 008b c003 c008 c00d c012',
  'MEDIUM -': '0018 009b c016',
  'MEDIUM F -': '001b c017',
  HIGH: '0041 0042 0043 0044 0045 0084 0085 0086 0087 0088 c01d c01e c01f c020 c021 c022',
  'HIGH F':
    '002f 0030 0031 0032 0033 0035 0036 0037 0038 0039 003c 003d 003e 003f 0040 0067 0068 0069 006a 006b 008c 008d 009c 009d 009e 009f ' +
    '00a0 00a1 00a2 00a3 00a4 00a5 c004 c005 c009 c00a c00e c00f c013 c014 c023 c024 c025 c026 c027 c028 c029 c02a c02b c02c c02d c02e ' +
    'c02f c030 c031 c032',
  'HIGH -': '0046 0089',
  'HIGH F -': '0034 003a 006c 006d 00a6 00a7 c018 c019',
}

/** The same for 1.1.1w; what later generations change follows below. */
const NEW: ClassTable = {
  NONE: '0001',
  'NONE F': '0002 002c 002d 002e 003b 00b0 00b1 00b4 00b5 00b8 00b9 c006 c010 c015 c039 c03a c03b',
  'MEDIUM -': '0007 0096 0099 009a 009b',
  HIGH: 'c01d c01e c020 c021 cca8 cca9 ccaa ccab ccac ccad ccae',
  'HIGH F':
    '002f 0033 0035 0039 003c 003d 0067 006b 008c 008d 0090 0091 0094 0095 009c 009d 009e 009f 00a8 00a9 00aa 00ab 00ac 00ad 00ae 00af ' +
    '00b2 00b3 00b6 00b7 c009 c00a c013 c014 c023 c024 c027 c028 c02b c02c c02f c030 c035 c036 c037 c038',
  'HIGH F -': '0032 0034 0038 003a 0040 006a 006c 006d 00a2 00a3 00a6 00a7 c018 c019',
  'HIGH -':
    '0041 0044 0045 0046 0084 0087 0088 0089 00ba 00bd 00be 00bf 00c0 00c3 00c4 00c5 c01f c022 c050 c051 c052 c053 c056 c057 c05c c05d ' +
    'c060 c061 c06a c06b c06c c06d c06e c06f c072 c073 c076 c077 c094 c095 c096 c097 c098 c099 c09a c09b c09c c09d c09e c09f c0a0 c0a1 ' +
    'c0a2 c0a3 c0a4 c0a5 c0a6 c0a7 c0a8 c0a9 c0aa c0ab c0ac c0ad c0ae c0af',
}

/** IDEA and SEED: in the legacy provider since 3.0. */
const LEGACY = '0007 0096 0099 009a 009b'

/** The short tag makes these MEDIUM since 3.2. */
const CCM8 = 'c0a0 c0a1 c0a2 c0a3 c0a8 c0a9 c0aa c0ab c0ae c0af'

/** The suites that a default build has, with their class. */
export function suiteClasses(generation: OpensslGeneration): Map<number, SuiteClass> {
  const table = generation === '1.0.2' ? OLD : NEW
  const classes = new Map<number, SuiteClass>()
  for (const [name, codes] of Object.entries(table)) {
    const suiteClass = CLASSES.find((known) => known === name)
    if (suiteClass !== undefined) for (const code of codePoints(codes)) classes.set(code, suiteClass)
  }
  if (generation === '3.0' || generation === '3.5') for (const code of codePoints(LEGACY)) classes.delete(code)
  if (generation === '3.5') for (const code of codePoints(CCM8)) classes.set(code, 'MEDIUM -')
  return classes
}

const CLASSES: readonly SuiteClass[] = [
  'NONE',
  'NONE F',
  'MEDIUM',
  'MEDIUM F',
  'MEDIUM -',
  'MEDIUM F -',
  'HIGH',
  'HIGH F',
  'HIGH -',
  'HIGH F -',
]

function codePoints(codes: string): number[] {
  return codes.split(' ').map((code) => Number.parseInt(code, 16))
}
