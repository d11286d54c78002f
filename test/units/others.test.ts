import { testsOf } from './of.ts'

await testsOf('src/!(audit|gate|settings)/**/*.test.ts')
