import fc from 'fast-check'

/**
 * Loaded before every file of `npm test`: properties draw the same values for everybody there, so that a change is not refused for what
 * another one brought in. `npm run test:random` and a single file, run by itself, draw new ones, and name the seed of what they find.
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_122 })
