import { testsOf } from './of.ts'

await testsOf('src/gate/**/*.test.ts')
