/** Few names, so that the stack and others often use the same ones. */
export const AGENT_NAMES = ["alpha", "beta", "gamma"] as const;
export const TOKEN_NAMES = ["first", "second"] as const;
export const URLS = ["grpc://one.example.com:80", "grpcs://two.example.com:443"] as const;

/** Spellings of the projects. The first two groups are the stack's projects, the third is created by others. */
export const SPELLINGS = [
  ["group/app", "group%2Fapp", "Group/App", 101, "101"],
  ["group/subgroup/infra", "group%2Fsubgroup%2Finfra", 102],
] as const;
