/** What the leaking servers leak: made up, and easy to recognise. */
export const MEMORY: Buffer = Buffer.from('memory of somebody else: AUTH PLAIN AGFsaWNlAHNlY3JldA== ; '.repeat(1200))
