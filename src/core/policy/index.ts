/** What others use of the policy. */
export { decide } from './decide.js';
export { FOLLOWING, TOO_MANY } from './match-grammar.js';
export { isReadProtected } from './judge-path.js';
export { shellOf, type ScriptShell } from './script-shell.js';
export { argvHash, explainMay, scriptHash } from './script.js';
export { childEnvironment } from './child-environment.js';
export { compileRules, parseRules, type Rule } from './user-rules.js';
export type { Facts, Missing, PathOp, Policy, PolicyRequest, Target } from './types.js';
export { shippedRules } from './shipped-rules.js';
