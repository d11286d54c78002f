import { testsOf } from './of.ts'

await testsOf('src/audit/**/*.test.ts')
