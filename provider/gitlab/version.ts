/** The package's version, equal to package.json's (a test compares them); part of the User-Agent header. */
export const VERSION = "0.1.0";
