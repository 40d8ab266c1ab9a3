/** Few names, so that what the stack declares and what others make often meet. */
export const AGENT_NAMES = ["alpha", "beta", "gamma"] as const;
export const TOKEN_NAMES = ["first", "second"] as const;
export const URLS = ["grpc://one.example.com:80", "grpcs://two.example.com:443"] as const;

/** Ways to write the projects. The first two groups are projects of the stack, the third is one that others make. */
export const SPELLINGS = [
  ["group/app", "group%2Fapp", "Group/App", 101, "101"],
  ["group/subgroup/infra", "group%2Fsubgroup%2Finfra", 102],
] as const;
