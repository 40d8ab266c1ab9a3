export default function globalSetup(): void {
  // Filled by the set-up that the Makefile shares (scripts/): see below.
}
