import { testsOf } from './of.ts'

await testsOf('src/settings/**/*.test.ts')
