/** An address of loopback, 1 to 254 within a network of it that this process has for itself: mail hosts listen on port 25, and test files run side by side. */
export function ownLoopback(host: number): string {
  return `127.${64 + (process.pid % 128)}.${Math.floor(process.pid / 128) % 256}.${host}`
}
